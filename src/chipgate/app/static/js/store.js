/** The state of the page: what is simulated, against what, and what is shown; with undo and redo. */

/**
 * @typedef {{base: string, as_of: string|null, until: string|null, draws: number, seed: number, settings: Object<string, any>}} State
 * @typedef {{state: State, baseline: State|null, view: Object<string, any>}} Page
 */

const MOST = 200;

export const same = (a, b) => JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));

function sorted(value) {
  if (Array.isArray(value) || value === null || typeof value !== "object") return value;
  return Object.fromEntries(
    Object.keys(value)
      .sort()
      .map((key) => [key, sorted(value[key])]),
  );
}

/** A key of a state, the same for the same run. @param {State} state */
export const keyOf = (state) => JSON.stringify(sorted(state));

export class Store {
  /** @param {Page} page */
  constructor(page) {
    this.page = page;
    this.past = [];
    this.future = [];
    this.open = null; // what is being dragged: one step of undo however far it goes
    this.listeners = [];
  }

  /** @returns {State} */
  get state() {
    return this.page.state;
  }
  get baseline() {
    return this.page.baseline;
  }
  get view() {
    return this.page.view;
  }

  /** @param {(page: Page, what: "run"|"view") => void} call */
  listen(call) {
    this.listeners.push(call);
  }

  /** Change what is simulated. @param {Partial<State>} patch @param {string|null} [drag] Key of a drag in progress */
  change(patch, drag = null) {
    this.step({ ...this.page, state: { ...this.page.state, ...patch } }, drag);
  }

  /** Set a lever, or take its setting away with `undefined`. */
  lever(paths, value, drag = null) {
    const settings = { ...this.page.state.settings };
    for (const path of paths) {
      if (value === undefined) delete settings[path];
      else settings[path] = value;
    }
    this.change({ settings }, drag);
  }

  /** @param {State|null} baseline */
  compareWith(baseline) {
    this.step({ ...this.page, baseline }, null);
  }

  /** Replace the whole of what is simulated, such as by a scenario that was read. */
  replace(state, baseline = this.page.baseline) {
    this.step({ ...this.page, state, baseline }, null);
  }

  step(page, drag) {
    if (same([page.state, page.baseline], [this.page.state, this.page.baseline])) return;
    if (!drag || drag !== this.open) {
      this.past.push({ state: this.page.state, baseline: this.page.baseline });
      if (this.past.length > MOST) this.past.shift();
    }
    this.open = drag;
    this.future = [];
    this.page = page;
    this.tell("run");
  }

  /** A drag has ended: the next one is a step of its own. */
  settle() {
    this.open = null;
  }

  undo() {
    this.travel(this.past, this.future);
  }
  redo() {
    this.travel(this.future, this.past);
  }

  travel(from, to) {
    const found = from.pop();
    if (!found) return;
    to.push({ state: this.page.state, baseline: this.page.baseline });
    this.open = null;
    this.page = { ...this.page, ...found };
    this.tell("run");
  }

  /** Change what is shown; no step of undo. @param {Object<string, any>} patch */
  look(patch) {
    this.page = { ...this.page, view: { ...this.page.view, ...patch } };
    this.tell("view");
  }

  tell(what) {
    this.listeners.forEach((call) => call(this.page, what));
  }
}
