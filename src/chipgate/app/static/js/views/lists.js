/** Helpers of the views of the record: a place that loads, a filter, an answer that cannot be stale. */

import { h, fill } from "../dom.js";
import { replaced } from "../api.js";

/** Load into a place: loading text, then what `draw` makes, or the error in plain words with a way to try again. */
export async function load(place, words, fetch, draw) {
  const turn = (place.turn = (place.turn || 0) + 1);
  if (!place.childElementCount) fill(place, h("p.loading", { role: "status" }, words));
  try {
    const found = await fetch();
    if (turn === place.turn) fill(place, draw(found));
  } catch (error) {
    if (turn !== place.turn || replaced(error)) return;
    fill(
      place,
      h(
        "div.notice.error",
        { role: "alert" },
        error.message,
        h("button.link", { type: "button", onclick: () => load(place, words, fetch, draw) }, "Try again"),
      ),
    );
  }
}

/** Call once typing pauses. */
export function later(call, ms = 220) {
  let timer = 0;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => call(...given), ms);
  };
}

/** Verdicts of the law in words. */
export const OUTCOMES = {
  none: "no licence needed",
  no_licence: "no licence needed",
  not_controlled: "no licence needed",
  notification: "notice (NAC)",
  licence_no_policy: "licence, no stated policy",
  licence_case_by_case: "case by case",
  licence_presumption_of_approval: "presumption of approval",
  licence_presumption_of_denial: "presumption of denial",
  licence_denial: "denial",
  cannot_tell: "cannot tell",
};

/** @param {string} outcome */
export const outcomeWord = (outcome) => OUTCOMES[outcome] || String(outcome).replace(/_/g, " ");

/** Colour of a verdict: blue open, orange by case, vermilion denied. */
export function outcomeColour(outcome, colours) {
  if (/denial/.test(outcome)) return colours.hue.vermilion;
  if (/case_by_case|no_policy|licence_required/.test(outcome)) return colours.hue.orange;
  if (/notif|nac/.test(outcome)) return colours.hue.sky;
  if (/approval/.test(outcome)) return colours.hue.green;
  if (/cannot/.test(outcome)) return colours.hue.grey;
  return colours.hue.blue;
}
