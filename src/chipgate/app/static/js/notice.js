/** Notices above the page: errors that say what to do, warnings that stay until closed. */

import { h, byId } from "./dom.js";

/** @param {string} text @param {"error"|"warn"|"info"} [kind] @param {{key?: string, action?: {text: string, run: () => void}}} [more] A later notice with the same key takes the place of the first. */
export function notify(text, kind = "info", more = {}) {
  const place = byId("notices");
  if (more.key) dismiss(more.key);
  const made = h(
    "div.notice",
    { class: kind, role: kind === "error" ? "alert" : "status", "data-key": more.key || "" },
    h("span", null, text),
    h(
      "span.row",
      null,
      more.action
        ? h(
            "button.link",
            {
              type: "button",
              onclick: () => {
                made.remove();
                more.action.run();
              },
            },
            more.action.text,
          )
        : null,
      h("button.link", { type: "button", onclick: () => made.remove() }, "Close"),
    ),
  );
  place.append(made);
  while (place.children.length > 4) place.firstChild.remove();
}

/** Take away the notices with a key. */
export function dismiss(key) {
  byId("notices")
    .querySelectorAll(`[data-key="${key}"]`)
    .forEach((one) => one.remove());
}
