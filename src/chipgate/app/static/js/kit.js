/** What views are made of: charts of metrics, painted from a run and, in comparison, the baseline. */

import { h, fill, frame } from "./dom.js";
import { cell, monthWord, terse, unitWords } from "./format.js";
import { fan, lines, stack, splitOf } from "./fan.js";
import { Chart, bandLegend } from "./chart.js";
import { sweep } from "./plot.js";
import { theme } from "./theme.js";

const POINTS = ["p5", "p10", "p25", "p50", "p75", "p90", "p95", "mean"];

/** A fan of one series, as the views list them. */
export const fanOf = (metric, key, title, colour, more = {}) => ({
  id: `${metric}-${key}`,
  kind: "fan",
  metric,
  key,
  title,
  colour,
  ...more,
});

/** Series of a metric by its label; one that is nought throughout is left out by the server and put back here. */
export function seriesOf(bands, metric, key = "") {
  const found = bands?.metrics[metric];
  if (!found) return null;
  if (found.series[key]) return found.series[key];
  if (!(found.zero || []).includes(key)) return null;
  const none = bands.months.map(() => 0);
  return Object.fromEntries(POINTS.map((point) => [point, none]));
}

/** Name of a label on an axis. */
export function nameOf(bands, axis, id) {
  return bands.axes[axis]?.find((one) => one.id === id)?.label || id;
}

/** Labels of a metric that are not nought throughout, largest forecast first. */
export function liveKeys(bands, metric, within = () => true) {
  const found = bands.metrics[metric];
  if (!found) return [];
  const weight = (key) => Math.max(...found.series[key].p90.slice(Math.max(bands.split - 1, 0)), 0);
  return Object.keys(found.series)
    .filter(within)
    .map((key) => [key, weight(key)])
    .filter(([, size]) => size > 0.5)
    .sort((a, b) => b[1] - a[1])
    .map(([key]) => key);
}

const axisOf = (bands, metric) => ({ months: bands.months, asOf: bands.as_of, unit: bands.metrics[metric].unit });

/** Say the last month of history, a year on, and the end: median and 80 % interval. */
export function captionOf(found, bands, unit, ghost = null) {
  const { months } = bands;
  const split = splitOf(months, bands.as_of);
  const steps = [
    ...new Set([split ? split - 1 : null, Math.min(split + 11, months.length - 1), months.length - 1]),
  ].filter((t) => t !== null);
  const said = steps
    .filter((t) => found.p50[t] !== null)
    .map(
      (t) =>
        `${monthWord(months[t])} ${terse(found.p50[t], unit)} (${terse(found.p10[t], unit)} to ${terse(found.p90[t], unit)})`,
    );
  const last = months.length - 1;
  const against =
    ghost && ghost.p50.length === months.length
      ? ` Baseline at the end: ${terse(ghost.p50[last], unit)} (${terse(ghost.p10[last], unit)} to ${terse(ghost.p90[last], unit)}).`
      : "";
  return `Median (80 % interval): ${said.join("; ")}.${against}`;
}

function tableRows(named, bands, unit) {
  const columns = [
    "month",
    ...(named.length > 1 ? ["series"] : []),
    ...["5 %", "10 %", "25 %", "median", "75 %", "90 %", "95 %"].map((name) => `${name} (${unit})`),
  ];
  const rows = named.flatMap(([name, found]) =>
    bands.months.map((month, t) => [
      month,
      ...(named.length > 1 ? [name] : []),
      ...POINTS.slice(0, 7).map((point) => cell(found[point][t])),
    ]),
  );
  return { columns, rows };
}

/**
 * A chart to be: `fan` of one label, `lines` of several, `stack` of means.
 * @typedef {{id: string, kind: "fan"|"lines"|"stack", title: string, metric: string, key?: string, keys?: Array<[string, string]>, parts?: Array<{metric: string, key: string, name: string}>,
 *   wide?: boolean, height?: 200|280|340|420|520, colour?: string, colours?: Object<string, string>, marks?: boolean, log?: boolean, note?: string}} Spec
 */

function content(spec, run, base, app) {
  const { bands } = run;
  const unit = bands.metrics[spec.metric].unit;
  const axis = axisOf(bands, spec.metric);
  if (spec.kind === "fan") {
    const found = seriesOf(bands, spec.metric, spec.key);
    if (!found) return null;
    const ghost = base ? seriesOf(base.bands, spec.metric, spec.key) : null;
    const level = ghost && base.bands.months.join() === bands.months.join() ? ghost : null;
    const marks = spec.marks ? app.marks(bands) : [];
    return {
      make: () =>
        fan(found, axis, {
          colour: typeof spec.colour === "function" ? spec.colour() : spec.colour,
          ghost: level,
          marks,
        }),
      caption: `${captionOf(found, bands, unit, level)}${spec.note ? ` ${spec.note}` : ""}`,
      marks,
      table: () => tableRows([["value", found], ...(level ? [["baseline", level]] : [])], bands, unit),
    };
  }
  const parts = (spec.parts || spec.keys.map(([key, name]) => ({ metric: spec.metric, key, name })))
    .map((part) => ({ ...part, found: seriesOf(bands, part.metric, part.key) }))
    .filter((part) => part.found);
  if (!parts.length) return null;
  const last = bands.months.length - 1;
  const colours = () => (spec.colours ? spec.colours(theme()) : {});
  const point = spec.kind === "stack" ? "mean" : "p50";
  const words = parts.map((part) => `${part.name} ${terse(part.found[point][last], unit)}`).join("; ");
  return {
    make: () =>
      spec.kind === "stack"
        ? stack(Object.fromEntries(parts.map((part) => [part.name, part.found.mean])), axis, { colours: colours() })
        : lines(Object.fromEntries(parts.map((part) => [part.name, part.found])), axis, {
            colours: colours(),
            log: spec.log,
          }),
    caption: `${monthWord(bands.months[last])}, ${spec.kind === "stack" ? (unit === "probability" ? "probabilities" : "means over draws") : "medians"}: ${words}.${spec.note ? ` ${spec.note}` : ""}`,
    table: () =>
      tableRows(
        parts.map((part) => [part.name, part.found]),
        bands,
        unit,
      ),
  };
}

/** Charts of metrics in a grid, kept while the run changes so that nothing jumps. */
export class Charts {
  /** @param {any} app @param {(run: any) => Spec[]} specs @param {string} [grid] */
  constructor(app, specs, grid = "div.grid") {
    this.app = app;
    this.specs = specs;
    this.charts = new Map();
    this.legend = h("div");
    this.grid = h(grid);
    this.element = h("div.stack", null, this.legend, this.grid);
    this.turn = 0;
  }

  /** @returns {Promise<void>} settled once the first chart is drawn */
  async update(run, base) {
    const turn = ++this.turn;
    const specs = this.specs(run).filter((spec) => run.bands.metrics[spec.metric]);
    this.arrange(specs, run, Boolean(base));
    for (const [i, spec] of specs.entries()) {
      const found = content(spec, run, base, this.app);
      const chart = this.charts.get(spec.id);
      const done = found ? chart.set(found) : chart.empty("Nought in every month and draw.");
      await done;
      if (turn !== this.turn) return;
      if (i === 0) {
        this.app.painted(run);
        await frame();
      }
      if (turn !== this.turn) return;
    }
  }

  arrange(specs, run, compared) {
    const key = `${specs.map((spec) => spec.id).join()}|${compared}`;
    if (key === this.key) return;
    this.key = key;
    fill(this.legend, h("div.legend-row", null, bandLegend(compared), this.app.historyPicker()));
    for (const spec of specs) {
      if (this.charts.has(spec.id)) continue;
      const metric = run.bands.metrics[spec.metric];
      this.charts.set(
        spec.id,
        new Chart({
          id: spec.id,
          title: spec.title,
          unit: unitWords(metric.unit),
          badge: metric.badge,
          wide: spec.wide,
          height: spec.height,
          explain: () => this.app.explain(spec.metric),
          files: (format) => this.app.exportMetric(spec.metric, format),
        }),
      );
    }
    fill(
      this.grid,
      specs.map((spec) => this.charts.get(spec.id).element),
    );
    sweep();
  }
}

/** A view made of charts of metrics alone. */
export function metricView(given) {
  return {
    ...given,
    mount(place, app) {
      const charts = new Charts(app, (run) => given.specs(run, app));
      const waiting = h("p.loading", null, "Simulating the first draws …");
      fill(
        place,
        h("h2.view-title", { id: "view-title" }, given.title),
        h("p.lead", null, given.lead),
        given.controls ? given.controls(app, () => app.refresh()) : null,
        waiting,
        charts.element,
      );
      return {
        update: (run, base) => {
          waiting.remove();
          return charts.update(run, base);
        },
      };
    },
  };
}

/** Colour of the scheme at the time of drawing. */
export const hue = (name) => () => theme().hue[name];
