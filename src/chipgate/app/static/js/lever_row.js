/** One lever: label, unit, slider with the evidence shaded, typed entry, month, reset; greyed with a reason when moot. */

import { h, svg, fill, fresh } from "./dom.js";
import { monthWord, terse } from "./format.js";

/**
 * @typedef {{path: string, lever: string, name: string|null, name_label: string|null, group: string, label: string, short: string, unit: string,
 *   kind: "number"|"choice", least: number, most: number, step: number, choices: Array<{value: number, label: string}>|null, default: number|"process"|"law",
 *   dated: boolean, evidence: {low: number, high: number, why: string, sources: string[]}|null, note: string, value: any, from: string|null, now: number|null,
 *   moot: {reason: string}|null}} Lever
 */

const percent = (unit) => unit === "fraction";
const sentence = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** What holds for a lever: the reader's setting, else the scenario's. @param {Lever} lever @param {any} settings */
export function holding(lever, settings) {
  const own = settings[lever.path];
  if (own === "process" || own === "law") return { value: null, own: true, month: null, steps: [] };
  const value = own !== undefined ? own : lever.value;
  if (value === null || value === undefined || typeof value === "string")
    return { value: null, own: own !== undefined, month: null, steps: [] };
  if (typeof value === "number") return { value, own: own !== undefined, month: null, steps: [] };
  const steps = Object.entries(value).sort();
  const last = steps[steps.length - 1];
  return { value: last[1], own: own !== undefined, month: last[0], steps };
}

export class LeverRow {
  /**
   * @param {Lever[]} levers One, or the same lever for every chip
   * @param {{store: any, months: () => string[], asOf: () => string, sources: (lever: Lever) => void, moot: () => any}} app
   */
  constructor(levers, app) {
    this.levers = levers;
    this.lever = levers[0];
    this.app = app;
    this.drag = fresh("drag");
    this.build();
  }

  build() {
    const { lever } = this;
    const id = fresh("lever");
    const factor = percent(lever.unit) ? 100 : 1;
    this.factor = factor;
    this.slider = h("input", {
      type: "range",
      id,
      min: lever.least,
      max: lever.most,
      step: lever.step,
      "aria-describedby": `${id}-why`,
      oninput: () => this.set(Number(this.slider.value), true),
      onchange: () => this.app.store.settle(),
    });
    this.entry =
      lever.kind === "choice"
        ? h(
            "select",
            {
              "aria-label": `${lever.label}, choice`,
              onchange: () => (this.entry.value === "" ? this.clear() : this.set(Number(this.entry.value))),
            },
            [["", this.origin({ value: null })], ...lever.choices.map((one) => [one.value, one.label])].map(
              ([value, text]) => h("option", { value }, text),
            ),
          )
        : h("input", {
            type: "number",
            "aria-label": `${lever.label}, typed`,
            min: lever.least * factor,
            max: lever.most * factor,
            step: "any",
            inputmode: "decimal",
            onchange: () => this.typed(),
          });
    this.when = lever.dated
      ? h("select", { "aria-label": `${lever.label}: from which month`, onchange: () => this.move(this.when.value) })
      : null;
    this.reset = h(
      "button.link",
      { type: "button", "aria-label": `Reset ${lever.label}`, onclick: () => this.clear() },
      "Reset",
    );
    this.said = h("span");
    this.why = h("p.why", { id: `${id}-why` });
    this.evidence = lever.evidence
      ? h(
          "button.link",
          { type: "button", "aria-label": `Evidence for ${lever.label}`, onclick: () => this.app.sources(lever) },
          "Evidence",
        )
      : null;
    this.element = h(
      "div.lever",
      { "data-lever": lever.path },
      h(
        "div.top",
        null,
        h("label", { for: id, title: sentence(lever.label) }, sentence(lever.short || lever.label)),
        h("span.entry", null, this.entry, lever.kind === "choice" ? null : this.unitText()),
      ),
      h("div.track", null, this.drawing(), this.slider),
      h("div.below", null, h("span.row", null, this.said, this.when), h("span.row", null, this.evidence, this.reset)),
      this.why,
    );
  }

  unitText() {
    const { unit } = this.lever;
    return percent(unit) ? "%" : unit === "ratio" ? "×" : unit;
  }

  /** Rail, shaded range of the evidence, tick of the default. */
  drawing() {
    const { lever } = this;
    const at = (value) =>
      `${(100 * (Math.min(Math.max(value, lever.least), lever.most) - lever.least)) / (lever.most - lever.least)}%`;
    const tick = typeof lever.default === "number" ? lever.default : lever.now;
    const range = lever.evidence;
    const width = range
      ? `${(100 * (Math.min(range.high, lever.most) - Math.max(range.low, lever.least))) / (lever.most - lever.least)}%`
      : "0";
    return svg(
      "svg",
      { "aria-hidden": "true" },
      svg("rect", { class: "rail", x: 0, y: "10", width: "100%", height: 4, rx: 2 }),
      range ? svg("rect", { class: "evidence", x: at(range.low), y: 7, width, height: 10, rx: 2 }) : null,
      tick === null ? null : svg("line", { class: "tick", x1: at(tick), x2: at(tick), y1: 4, y2: 20 }),
    );
  }

  typed() {
    const value = Number(this.entry.value) / this.factor;
    const { least, most } = this.lever;
    if (this.entry.value === "" || !Number.isFinite(value) || value < least || value > most) {
      this.why.textContent = `Give a number from ${least * this.factor} to ${most * this.factor}${percent(this.lever.unit) ? " %" : ""}.`;
      this.entry.setAttribute("aria-invalid", "true");
      return;
    }
    this.set(Number(value.toPrecision(10)));
  }

  /** Set the value, in the month where it now holds. */
  set(value, dragging = false) {
    const held = this.held();
    const month = this.when ? this.when.value : "";
    const given = month ? { ...Object.fromEntries(held.steps.filter(([at]) => at < month)), [month]: value } : value;
    this.app.store.lever(
      this.levers.map((one) => one.path),
      given,
      dragging ? this.drag : null,
    );
    if (!dragging) this.app.store.settle();
  }

  /** Let the value hold from another month. */
  move(month) {
    const held = this.held();
    if (held.value === null) return;
    this.app.store.lever(
      this.levers.map((one) => one.path),
      month ? { [month]: held.value } : held.value,
    );
  }

  clear() {
    const { store } = this.app;
    const own = this.levers.filter((one) => one.path in store.state.settings);
    if (own.length) {
      store.lever(
        own.map((one) => one.path),
        undefined,
      );
      return;
    }
    const back =
      this.lever.default === "law" ? "law" : this.lever.default === "process" ? "process" : this.lever.default;
    store.lever(
      this.levers.map((one) => one.path),
      back,
    );
  }

  held() {
    return holding(this.lever, this.app.store.state.settings);
  }

  /** Show what holds now. */
  update() {
    const { lever } = this;
    const held = this.held();
    const moot = this.app.moot()[lever.path];
    const fallback = typeof lever.default === "number" ? lever.default : lever.now;
    const value = held.value !== null ? held.value : fallback;
    this.element.classList.toggle("set", held.value !== null);
    this.element.classList.toggle("free", value === null || value === undefined);
    this.element.classList.toggle("moot", Boolean(moot));
    this.slider.disabled = this.entry.disabled = Boolean(moot);
    if (document.activeElement !== this.slider || Number(this.slider.value) !== value)
      this.slider.value = value ?? lever.least;
    this.slider.setAttribute(
      "aria-valuetext",
      held.value === null ? `${this.words(value)}, by default` : this.words(value),
    );
    if (lever.kind === "choice") this.entry.value = held.value === null ? "" : String(Math.round(held.value));
    else if (document.activeElement !== this.entry || held.value !== null) {
      this.entry.value = value === null ? "" : Number((value * this.factor).toPrecision(6));
      this.entry.placeholder = value === null ? "–" : "";
    }
    this.entry.removeAttribute("aria-invalid");
    this.reset.hidden = held.value === null && !held.own;
    this.said.textContent = lever.kind === "choice" && held.value === null ? "" : this.origin(held);
    this.months(held);
    this.why.textContent = moot
      ? moot.reason
      : held.steps.length > 1
        ? held.steps.map(([month, step]) => `${monthWord(month)}: ${this.words(step)}`).join("; ")
        : "";
  }

  words(value) {
    if (value === null || value === undefined) return "not set";
    const found = this.lever.choices?.find((one) => one.value === Math.round(value));
    return found ? found.label : terse(value, this.lever.unit);
  }

  origin(held) {
    if (held.value !== null) return held.own ? "" : "set by the scenario";
    if (this.lever.default === "law") return "as the law says";
    if (this.lever.default === "process") return "left to chance";
    return "default";
  }

  months(held) {
    if (!this.when) return;
    this.when.hidden = held.value === null;
    const options = ["", ...this.app.months()];
    if (held.month && !options.includes(held.month)) options.splice(1, 0, held.month);
    const key = options.join();
    if (this.when.dataset.key !== key) {
      this.when.dataset.key = key;
      fill(
        this.when,
        options.map((month) => h("option", { value: month }, month ? `from ${monthWord(month)}` : "from next month")),
      );
    }
    this.when.value = held.month || "";
  }
}
