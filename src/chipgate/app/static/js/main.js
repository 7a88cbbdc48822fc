/** The page: wires the state, the runs, the levers and the views. */

import { h, fill, byId, announce, frame, segments } from "./dom.js";
import { call, once } from "./api.js";
import { Store, keyOf } from "./store.js";
import { Runner } from "./runner.js";
import { Levers } from "./levers.js";
import { headline, status, waitingCards } from "./headline.js";
import { buildTabs, pressTab } from "./tabs.js";
import { explain } from "./explain.js";
import { openReport, openReproduce, openShare } from "./sharing.js";
import { fromAddress, keepAddress } from "./share.js";
import { notify, dismiss } from "./notice.js";
import { plotly, saveUrl } from "./plot.js";
import { VIEWS } from "./views/index.js";
import { chosenMarks } from "./marks.js";

const FIRST_MONTH = "2024-01";

class App {
  constructor(meta, scenarios, page) {
    this.meta = meta;
    this.scenarios = new Map(scenarios.map((one) => [one.id, one]));
    this.store = new Store(page);
    this.run = null;
    this.base = null;
    this.mounted = null;
    this.events = [];
    const common = {
      metrics: () => this.metrics(),
      firstMonth: () => (this.store.view.history ? null : FIRST_MONTH),
      onerror: (error) =>
        notify(error.message, "error", {
          key: "run",
          action: { text: "Try again", run: () => this.runner.ask(this.store.state) },
        }),
    };
    this.runner = new Runner({
      ...common,
      supersede: true,
      onbands: (run) => this.show(run),
      onstatus: (given) => this.status(given),
    });
    this.baseRunner = new Runner({
      ...common,
      supersede: false,
      onbands: (run) => this.showBase(run),
      onstatus: () => {},
    });
  }

  get view() {
    return VIEWS.find((view) => view.id === this.store.view.tab) || VIEWS[0];
  }

  metrics() {
    const found = this.view.metrics;
    return typeof found === "function" ? found(this) : found;
  }

  asOf() {
    return this.store.state.as_of || this.scenarios.get(this.store.state.base)?.as_of;
  }
  until() {
    return this.store.state.until || this.scenarios.get(this.store.state.base)?.until;
  }
  wide() {
    return matchMedia("(min-width: 861px)").matches;
  }
  /** Months shown: from 2024, or all. */
  historyPicker() {
    const pick = (value) => {
      this.store.look({ history: value === "all" });
      this.runner.ask(this.store.state);
      if (this.store.baseline) this.baseRunner.ask(this.store.baseline);
    };
    const press = (event) =>
      event.currentTarget
        .querySelectorAll("button")
        .forEach((one) => one.setAttribute("aria-pressed", String(one === event.target)));
    const made = segments(
      "Months shown",
      [
        ["recent", "from 2024"],
        ["all", "from 2022"],
      ],
      this.store.view.history ? "all" : "recent",
      pick,
    );
    made.addEventListener("click", press);
    return made;
  }

  titleOf(state) {
    const count = Object.keys(state.settings).length;
    return `${this.scenarios.get(state.base)?.title ?? "Of an article"}${count ? `, ${count} ${count === 1 ? "lever" : "levers"} moved` : ""}`;
  }

  start() {
    this.levers = new Levers(this);
    buildTabs(VIEWS, (id) => this.store.look({ tab: id }));
    this.presets();
    this.buttons();
    waitingCards();
    this.store.listen((page, what) => this.changed(what));
    this.mount();
    this.changed("run");
    plotly().catch((error) => notify(error.message, "error"));
  }

  presets() {
    const select = byId("preset");
    fill(
      select,
      h("option", { value: "", hidden: true }, "of its own"),
      [...this.scenarios.values()].map((one) => h("option", { value: one.id }, one.title)),
    );
    select.addEventListener("change", () =>
      this.store.replace({ ...this.shipped(this.store.state), base: select.value, as_of: null, until: null }),
    );
  }

  /** A state's scenario as it ships, over the same days and draws. */
  shipped(state) {
    const { base, as_of, until, draws, seed } = state;
    return { ...this.meta.default_state, base, as_of, until, draws, seed };
  }

  buttons() {
    const on = (id, act) => byId(id).addEventListener("click", act);
    on("undo", () => this.store.undo());
    on("redo", () => this.store.redo());
    on("share", () => openShare(this));
    on("reproduce", () => openReproduce(this));
    on("report", () => openReport(this));
    on("cancel", () => this.runner.stop());
    on("compare", () => this.compare());
    on("open-levers", () => this.toggleLevers());
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && byId("levers").classList.contains("open")) this.toggleLevers(false);
      if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
      const typing = event.target.matches?.("textarea, input[type=text], input[type=search]");
      const key = event.key.toLowerCase();
      if (typing || !(key === "z" || key === "y")) return;
      event.preventDefault();
      if (key === "y" || event.shiftKey) this.store.redo();
      else this.store.undo();
    });
  }

  /** Compare with the scenario as shipped, or stop comparing. */
  compare() {
    const { state, baseline } = this.store;
    this.store.compareWith(baseline ? null : this.shipped(state));
    if (!baseline) announce(`Comparing with ${this.scenarios.get(state.base)?.title ?? "the state"} as shipped.`);
  }

  toggleLevers(open = !byId("levers").classList.contains("open")) {
    byId("levers").classList.toggle("open", open);
    byId("open-levers").setAttribute("aria-expanded", String(open));
    (open ? byId("levers").querySelector("select, input, button") : byId("open-levers"))?.focus();
  }

  changed(what) {
    const { store } = this;
    keepAddress(store.page, this.meta);
    if (what === "view") {
      if (this.mounted?.id !== this.view.id) this.mount();
      this.runner.fillIn();
      if (store.baseline) this.baseRunner.fillIn();
      return;
    }
    this.sent = performance.now();
    document.body.dataset.painted = "";
    this.runner.ask(store.state);
    if (store.baseline) this.baseRunner.ask(store.baseline);
    else this.base = null;
    byId("preset").value = store.state.base ?? "";
    byId("undo").disabled = !store.past.length;
    byId("redo").disabled = !store.future.length;
    byId("compare").setAttribute("aria-pressed", String(Boolean(store.baseline)));
    this.levers.update();
    clearTimeout(this.slow);
    this.slow = setTimeout(
      () => this.levers.load().catch((error) => notify(error.message, "error", { key: "levers" })),
      this.levers.found ? 400 : 0,
    );
    this.mounted?.changed?.();
  }

  mount() {
    const { view } = this;
    this.mounted?.destroy?.();
    const place = byId("panel");
    place.replaceChildren();
    this.mounted = { id: view.id, ...view.mount(place, this) };
    pressTab(view.id);
    this.refresh();
  }

  /** Paint the view anew from the run that is here. */
  refresh() {
    if (this.run?.bands && this.mounted?.update && this.complete(this.run))
      this.mounted.update(this.run, this.comparable());
  }

  complete(run) {
    return this.metrics().every((name) => name in run.bands.metrics);
  }
  comparable() {
    return this.store.baseline && this.base && this.complete(this.base) ? this.base : null;
  }

  /** Show a run: the chart that the reader looks at first, the figures on top a frame later. */
  async show(run) {
    this.run = run;
    this.refresh();
    await frame();
    if (this.run !== run) return;
    if (run.moot) this.levers.mootNow(run.moot);
    headline(this, run, this.store.baseline ? this.base : null);
    this.loadEvents(run.bands.as_of);
    if (run.final) announce(`${byId("answer-text").textContent} ${run.bands.draws_used} draws.`);
  }

  showBase(run) {
    if (!this.store.baseline || keyOf(run.state) !== keyOf(this.store.baseline)) return;
    this.base = run;
    if (this.run) {
      headline(this, this.run, run);
      this.refresh();
    }
  }

  status(given) {
    if (given.kind === "sent" || given.kind === "done") dismiss("run");
    status(this, given);
  }

  /** Told by a view once its first chart is drawn; read by tests and the benchmark. */
  painted(run) {
    const stage = run.final ? "final" : "first";
    const { sent } = this;
    document.body.dataset.painted = stage;
    requestAnimationFrame(() =>
      dispatchEvent(
        new CustomEvent("chipgate:painted", { detail: { stage, key: run.bands.key, after: performance.now() - sent } }),
      ),
    );
  }

  async loadEvents(asOf) {
    if (this.eventsOf === asOf) return;
    this.eventsOf = asOf;
    try {
      this.events = (await once(`events?as_of=${asOf}`)).events;
      this.refresh();
    } catch (error) {
      this.eventsOf = null;
      notify(error.message, "error", { key: "events" });
    }
  }

  marks(bands) {
    return chosenMarks(this.events, bands.months, bands.as_of);
  }

  explain(metric) {
    explain(metric, this);
  }

  exportMetric(metric, format, by = "month") {
    if (!this.run?.final) {
      notify("Files hold the full set of draws: wait until the run has sharpened.", "warn", { key: "export" });
      return;
    }
    saveUrl(
      `/api/runs/${this.run.job}/export?metric=${metric}&format=${format}&by=${by}`,
      `${this.run.state.base}-${metric}.${format}`,
    );
  }

  /** A record by its id, whatever its kind; null where there is none. */
  async record(id) {
    for (const kind of /^PE\d/.test(id) ? ["events"] : ["parameters", "observations"]) {
      try {
        return (await once(`records/${kind}/${encodeURIComponent(id)}`)).record;
      } catch (error) {
        if (error.status !== 404 && error.status !== 422) throw error;
      }
    }
    return null;
  }
}

/** What the address holds, checked by the server; else the default. */
async function firstPage(meta) {
  const shared = fromAddress();
  const plain = { state: meta.default_state, baseline: null, view: {} };
  if (!shared) return plain;
  try {
    const found = await call("link/read", { body: { s: shared } });
    if (found.warning) notify(`This link was ${found.warning.message}.`, "warn");
    return { state: found.state, baseline: found.baseline, view: found.view || {} };
  } catch (error) {
    notify(`The link could not be read: ${error.message} The default scenario is shown.`, "error");
    return plain;
  }
}

async function boot() {
  try {
    const [meta, { scenarios }] = await Promise.all([call("meta"), call("scenarios")]);
    const app = new App(meta, scenarios, await firstPage(meta));
    fill(
      byId("foot"),
      `Chipgate ${meta.engine_version}, data ${meta.data_version} of ${meta.data_compiled}. A simulation: intervals hold what is uncertain in its inputs, not errors of the model itself. `,
      h("a", { href: meta.schemas.docs }, "HTTP API"),
    );
    addEventListener("hashchange", () => {
      if (fromAddress()) location.reload();
    });
    app.start();
  } catch (error) {
    byId("answer-text").classList.remove("skeleton");
    byId("answer-text").textContent = "The cockpit could not start.";
    byId("run-text").textContent = "";
    notify(error.message, "error", { action: { text: "Reload", run: () => location.reload() } });
  }
}

boot();
