/**
 * Runs: at most one request for a first band is in flight; the newest state waits behind it and takes the place of
 * older ones. A first band comes from few draws, the full set follows with the same random numbers.
 */

import { call, cancel, replaced, result } from "./api.js";
import { keyOf } from "./store.js";

/**
 * @typedef {Object<string, any>} Bands see /api/docs: months, split, metrics, headline
 * @typedef {{state: any, job: string, bands: Bands, final: boolean}} Run
 */

const KEPT = 16;

export class Runner {
  /**
   * @param {{supersede: boolean, metrics: () => string[], firstMonth: () => string|null, onbands: (run: Run) => void, onstatus: (status: any) => void, onerror: (error: Error) => void}} given
   */
  constructor(given) {
    this.given = given;
    this.kept = new Map(); // key -> Run with the full set
    this.busy = false;
    this.next = null;
    this.abort = null;
    this.run = /** @type {Run|null} */ (null);
  }

  keyed(state) {
    return `${keyOf(state)}|${this.given.firstMonth()}`;
  }

  /** Ask for a state; returns at once. */
  ask(state) {
    this.next = state;
    this.abort?.abort();
    this.abort = null;
    if (!this.busy) this.turn();
  }

  async turn() {
    while (this.next) {
      const state = this.next;
      this.next = null;
      const kept = this.kept.get(this.keyed(state));
      if (kept) {
        this.given.onstatus({ kind: "done", run: kept });
        this.show(kept);
        this.fillIn();
        continue;
      }
      this.busy = true;
      this.given.onstatus({ kind: "sent" });
      try {
        await this.first(state);
      } catch (error) {
        if (!replaced(error) && !this.next) {
          this.given.onstatus({ kind: "failed" });
          this.given.onerror(error);
        }
      } finally {
        this.busy = false;
      }
    }
  }

  async first(state) {
    const metrics = this.given.metrics();
    const answer = await call("runs", {
      body: { state, metrics: metrics.length ? metrics : null, first_month: this.given.firstMonth(), wait_ms: 2000, supersede: this.given.supersede },
    });
    const run = {
      state,
      job: answer.job,
      bands: answer.result,
      moot: answer.moot,
      final: answer.state === "done" && answer.result?.stage === "final",
    };
    if (answer.result) this.show(run);
    if (run.final) {
      this.keep(run);
      this.given.onstatus({ kind: "done", run });
      return;
    }
    if (this.next) return;
    this.abort = new AbortController();
    this.sharpen(run, metrics, this.abort.signal); // not awaited: a newer state may be sent meanwhile
  }

  async sharpen(run, metrics, signal) {
    const query = (stage) => `stage=${stage}${metrics.length ? `&metrics=${metrics.join(",")}` : ""}${this.month()}`;
    const progress = (job) =>
      this.given.onstatus({ kind: "running", job: run.job, done: job.done, of: job.of, queue: job.queue });
    this.given.onstatus({ kind: "running", job: run.job, done: run.bands?.draws || 0, of: run.state.draws, queue: 0 });
    try {
      if (!run.bands) this.show({ ...run, bands: await result(run.job, query("first"), { signal, progress }) });
      const bands = await result(run.job, query("final"), { signal, progress });
      if (signal.aborted) return;
      const full = { ...run, bands, final: true };
      this.keep(full);
      this.show(full);
      this.given.onstatus({ kind: "done", run: full });
      this.fillIn();
    } catch (error) {
      if (signal.aborted || replaced(error)) return;
      this.given.onstatus({ kind: "failed" });
      this.given.onerror(error);
    }
  }

  month() {
    const first = this.given.firstMonth();
    return first ? `&first_month=${first}` : "";
  }

  show(run) {
    this.run = run;
    this.given.onbands(run);
  }

  keep(run) {
    this.kept.delete(this.keyed(run.state));
    this.kept.set(this.keyed(run.state), run);
    if (this.kept.size > KEPT) this.kept.delete(this.kept.keys().next().value);
  }

  /** Fetch metrics that a view needs and the run has not yet shown; a first band has those alone that were asked of it. */
  async fillIn() {
    const run = this.run;
    if (!run?.bands || this.next) return;
    const lacking = this.given.metrics().filter((name) => !(name in run.bands.metrics));
    if (!lacking.length) return;
    if (!run.final) {
      if (!this.abort) this.ask(run.state);
      return;
    }
    try {
      const more = await result(run.job, `stage=final&metrics=${lacking.join(",")}${this.month()}`);
      Object.assign(run.bands.metrics, more.metrics);
      run.bands.axes = { ...run.bands.axes, ...more.axes };
      if (this.run === run) this.show(run);
    } catch (error) {
      if (error.code === "gone") {
        this.kept.delete(this.keyed(run.state));
        this.ask(run.state);
        return;
      }
      if (!replaced(error)) this.given.onerror(error);
    }
  }

  /** Stop the full set; the first band stays. */
  stop() {
    this.abort?.abort();
    this.abort = null;
    if (this.run && !this.run.final) cancel(this.run.job);
    this.given.onstatus({ kind: "stopped" });
  }
}
