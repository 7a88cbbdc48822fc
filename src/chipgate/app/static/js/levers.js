/** The panel of levers, grouped by who pulls them. */

import { h, fill, byId, choice, labelled, outside } from "./dom.js";
import { dialog } from "./dialog.js";
import { dayWord, monthWord, terse } from "./format.js";
import { call } from "./api.js";
import { LeverRow, holding } from "./lever_row.js";

const EVERY = "*every";
const FIRST_CHIPS = ["h20", "mi308x", "h200", "rtx_pro_6000d", "b30a", "small_cards"];

export class Levers {
  /** @param {any} app */
  constructor(app) {
    this.app = app;
    this.place = byId("levers");
    this.rows = [];
    this.focus = app.store.view.chip || "h20";
    this.moot = {};
  }

  /** Fetch what can be set; again when the scenario or a setting changed, as one lever can make another moot. */
  async load() {
    const asked = (this.asked = JSON.stringify(this.app.store.state));
    const found = await call("levers", { body: this.app.store.state });
    if (asked !== this.asked) return;
    this.moot = Object.fromEntries(found.levers.filter((one) => one.moot).map((one) => [one.path, one.moot]));
    const shape = JSON.stringify(
      found.levers.map((one) => [one.path, one.from === "base" ? one.value : null, one.now]),
    );
    const changed = shape !== this.shape;
    this.shape = shape;
    this.groups = found.groups;
    this.found = found.levers;
    if (changed) this.build();
    else this.update();
  }

  /** Levers that a run says are moot: known before the list of levers comes anew. */
  mootNow(moot) {
    this.moot = moot;
    this.update();
  }

  /** A setting of the reader's is not the scenario's: rows look it up in the state. */
  get levers() {
    return this.found.map((one) => (one.from === "settings" ? { ...one, value: null } : one));
  }

  chips() {
    const names = new Map();
    for (const one of this.found) if (one.name) names.set(one.name, one.name_label || one.name);
    const order = (name) => (FIRST_CHIPS.includes(name) ? FIRST_CHIPS.indexOf(name) : 99);
    return [...names].sort((a, b) => order(a[0]) - order(b[0]));
  }

  build() {
    const kit = {
      store: this.app.store,
      months: () => this.months(),
      asOf: () => this.app.asOf(),
      moot: () => this.moot,
      sources: (lever) => this.sources(lever),
    };
    this.rows = [];
    const chips = this.chips();
    if (this.focus !== EVERY && !chips.some(([name]) => name === this.focus)) this.focus = chips[0]?.[0] || EVERY;
    const groups = this.groups.map((group) => this.group(group, kit));
    fill(
      this.place,
      h(
        "div.levers-head",
        null,
        h("h2", null, "Levers"),
        h(
          "button.link",
          {
            type: "button",
            id: "reset-all",
            onclick: () => this.app.store.replace(this.app.shipped(this.app.store.state)),
          },
          "Reset all",
        ),
        h("button.tool.narrow-only", { type: "button", onclick: () => this.app.toggleLevers(false) }, "Done"),
      ),
      h(
        "div.focus",
        null,
        h("label", { for: "chip-focus" }, "Chip"),
        choice(
          [...chips, [EVERY, "every chip"]],
          this.focus,
          (name) => {
            this.focus = name;
            this.app.store.look({ chip: name });
            this.build();
          },
          { id: "chip-focus" },
        ),
      ),
      groups,
      this.when(),
    );
    this.update();
  }

  group(group, kit) {
    const mine = this.levers.filter((one) => one.group === group.id);
    const patterns = [...new Set(mine.map((one) => one.lever))];
    const count = h("span.count", { hidden: true });
    const also = h("div.also");
    const rows = patterns.map((pattern) => {
      const all = mine.filter((one) => one.lever === pattern);
      const shown = all[0].name ? all.filter((one) => this.focus === EVERY || one.name === this.focus) : all;
      if (!shown.length) return null;
      const row = new LeverRow(shown, kit);
      this.rows.push(row);
      return row.element;
    });
    const body = h(
      "details.actor",
      { open: this.app.wide() || group.id === "washington", "data-group": group.id },
      h("summary", null, h("span.dot", { class: group.id }), group.label, count),
      also,
      rows,
    );
    body.refresh = () => this.counted(mine, count, also);
    return body;
  }

  /** How many of a group are set, and those set for chips that are not shown. */
  counted(mine, count, also) {
    const { settings } = this.app.store.state;
    const set = mine.filter((one) => holding(one, settings).value !== null);
    count.hidden = !set.length;
    count.textContent = `${set.length} set`;
    const hidden = set.filter((one) => one.name && this.focus !== EVERY && one.name !== this.focus);
    fill(
      also,
      hidden.slice(0, 6).map((one) => {
        const held = holding(one, settings);
        const words = one.choices?.find((option) => option.value === held.value)?.label || terse(held.value, one.unit);
        return h(
          "span.pill",
          { title: one.label },
          `${one.name_label || one.name}: ${one.short || one.label} ${words}`,
          held.own
            ? h(
                "button",
                {
                  type: "button",
                  "aria-label": `Reset ${one.label}, ${one.name_label}`,
                  onclick: () => this.app.store.lever([one.path], undefined),
                },
                "×",
              )
            : null,
        );
      }),
      hidden.length > 6 ? h("span.pill", null, `and ${hidden.length - 6} more`) : null,
    );
  }

  /** As-of date, horizon, draws and seed. */
  when() {
    const { store, meta } = this.app;
    const day = h("input", {
      type: "date",
      id: "as-of",
      min: meta.limits.as_of[0],
      max: meta.limits.as_of[1],
      onchange: () => store.change({ as_of: day.value || null }),
    });
    const until = h("input", {
      type: "month",
      id: "until",
      max: meta.limits.until,
      placeholder: "2027-12",
      pattern: "\\d{4}-\\d{2}",
      onchange: () => store.change({ until: until.value || null }),
    });
    const draws = choice(
      [...new Set([...meta.draw_choices, store.state.draws])]
        .sort((a, b) => a - b)
        .map((n) => [String(n), `${n} draws`]),
      String(store.state.draws),
      (n) => store.change({ draws: Number(n) }),
      { id: "draws" },
    );
    const seed = h("input", {
      type: "number",
      id: "seed",
      min: 0,
      step: 1,
      onchange: () => store.change({ seed: Math.max(0, Math.round(Number(seed.value) || 0)) }),
    });
    this.fields = { day, until, draws, seed };
    return h(
      "details.actor",
      null,
      h("summary", null, h("span.dot"), "The run"),
      h(
        "div.stack",
        null,
        labelled("As of: nothing later is used", day),
        labelled("Until", until),
        labelled("Draws", draws),
        labelled("Seed", seed),
        h("p.muted", null, "Draws are shared by all scenarios, so that differences are clean."),
      ),
    );
  }

  /** Months in which a setting may begin: from the as-of month on. */
  months() {
    const begin = this.app.asOf().slice(0, 7);
    const end = this.app.until();
    const found = [];
    let [year, month] = begin.split("-").map(Number);
    while (found.length < 60) {
      const name = `${year}-${String(month).padStart(2, "0")}`;
      if (name > end) break;
      found.push(name);
      month += 1;
      if (month > 12) {
        month = 1;
        year += 1;
      }
    }
    return found;
  }

  update() {
    if (!this.found) return;
    this.rows.forEach((row) => row.update());
    this.place.querySelectorAll("details.actor").forEach((group) => group.refresh?.());
    const { state } = this.app.store;
    byId("reset-all").disabled = !Object.keys(state.settings).length;
    if (!this.fields) return;
    this.fields.day.value = state.as_of || this.app.asOf();
    this.fields.until.value = state.until || this.app.until();
    this.fields.draws.value = String(state.draws);
    this.fields.seed.value = String(state.seed);
  }

  /** Evidence behind the shaded range. */
  async sources(lever) {
    const range = lever.evidence;
    const list = h("div", null, h("p.loading", null, "Loading the sources …"));
    dialog(
      `Evidence: ${lever.label}`,
      h(
        "p",
        null,
        `Shaded on the slider: ${terse(range.low, lever.unit)} to ${terse(range.high, lever.unit)}. ${range.why}`,
      ),
      list,
    );
    const records = await Promise.all(range.sources.map((id) => this.app.record(id)));
    fill(
      list,
      records.map((one, i) =>
        one
          ? h(
              "div.block",
              null,
              h("b", null, `${range.sources[i]} `),
              dayOf(one),
              h("p", null, one.summary || one.label || one.quantity || one.note || ""),
              (one.urls || one.source_urls || []).map((url) => [outside(url), " "]),
            )
          : h("p", null, range.sources[i]),
      ),
      records.length ? null : h("p.empty", null, "No single source: see the note."),
    );
  }
}

const dayOf = (one) =>
  one.date ? dayWord(String(one.date)) : one.published_date ? monthWord(String(one.published_date)) : "";
