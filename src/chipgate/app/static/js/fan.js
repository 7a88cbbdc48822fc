/** Traces of charts over months: history in ink, forecast tinted, bands of 50, 80 and 90 %, a ghost of the baseline. */

import { scaled } from "./format.js";
import { theme, tint } from "./theme.js";

/**
 * Quantiles of one series over months.
 * @typedef {Object<string, Array<number|null>>} Quantiles `p5 p10 p25 p50 p75 p90 p95 mean`
 * @typedef {{day: string, country: string, who: string, text: string, urls: string[], id: string}} Mark
 * @typedef {{months: string[], asOf: string|null, unit: string}} Axis
 */

const BANDS = [
  ["p5", "p95", 0.16],
  ["p10", "p90", 0.18],
  ["p25", "p75", 0.28],
];
const NEAR_DAYS = 75;

/** Months that are history: those up to the as-of date. */
export const splitOf = (months, asOf) => (asOf ? months.filter((month) => month <= asOf.slice(0, 7)).length : 0);

const divided = (values, factor) =>
  values.map((value) => (value === null || value === undefined ? null : value / factor));
const top = (values) => values.reduce((most, value) => (value !== null && value > most ? value : most), 0);

/** The next round figure above: axes keep still while a band sharpens. */
function round(peak) {
  if (!(peak > 1e-3)) return 1;
  const power = 10 ** Math.floor(Math.log10(peak * 1.04));
  const steps = [1, 1.2, 1.5, 2, 2.5, 3, 4, 5, 6, 8, 10];
  return steps.find((step) => step * power >= peak * 1.04) * power;
}

function band(x, low, high, colour, name) {
  const edge = { x, mode: "lines", line: { width: 0 }, hoverinfo: "skip", showlegend: false, type: "scatter" };
  return [
    { ...edge, y: low },
    { ...edge, y: high, fill: "tonexty", fillcolor: colour, name },
  ];
}

function line(x, y, colour, name, more = {}) {
  return {
    type: "scatter",
    mode: "lines",
    x,
    y,
    name,
    showlegend: false,
    line: { color: colour, width: 2.2, ...more.line },
    hovertemplate: `%{x|%b %Y}: %{y:,.4~g}<extra>${name}</extra>`,
    ...more.trace,
  };
}

/**
 * A fan chart.
 * @param {Quantiles} found @param {Axis} axis
 * @param {{colour?: string, ghost?: Quantiles|null, marks?: Mark[], from?: string|null}} [more] `from`: first month shown
 * @returns {{data: any[], layout: any}}
 */
export function fan(found, axis, more = {}) {
  const colours = theme();
  const colour = more.colour || colours.hue.blue;
  const first = more.from
    ? Math.max(
        axis.months.findIndex((month) => month >= more.from),
        0,
      )
    : 0;
  const months = axis.months.slice(first);
  const cut = (values) => values.slice(first);
  const split = splitOf(months, axis.asOf);
  const peak = Math.max(top(cut(found.p95)), more.ghost ? top(cut(more.ghost.p90)) : 0);
  const [factor, words] = scaled(axis.unit, peak);
  const part = Object.fromEntries(Object.entries(found).map(([key, values]) => [key, divided(cut(values), factor)]));
  const begin = Math.max(split - 1, 0);
  const data = [];
  if (more.ghost) {
    const past = (key) => divided(cut(more.ghost[key]), factor);
    data.push(...band(months, past("p10"), past("p90"), colours.ghost, "baseline, 80 %"));
  }
  if (split)
    data.push(
      ...band(months.slice(0, split), part.p10.slice(0, split), part.p90.slice(0, split), colours.band, "80 %"),
    );
  if (split < months.length) {
    for (const [low, high, alpha] of BANDS) {
      data.push(
        ...band(
          months.slice(begin),
          part[low].slice(begin),
          part[high].slice(begin),
          tint(colour, alpha),
          `${low} to ${high}`,
        ),
      );
    }
  }
  if (more.ghost)
    data.push(
      line(months, divided(cut(more.ghost.p50), factor), colours.ghostline, "baseline, median", {
        line: { width: 1.6, dash: "dash" },
      }),
    );
  if (split < months.length) data.push(line(months.slice(begin), part.p50.slice(begin), colour, "median, forecast"));
  if (split) data.push(line(months.slice(0, split), part.p50.slice(0, split), colours.ink, "median, history"));
  const marks = (more.marks || []).filter(
    (mark) => mark.day.slice(0, 7) >= months[0] && mark.day.slice(0, 7) <= months[months.length - 1],
  );
  data.push(...eventTraces(marks, colours));
  const layout = monthLayout(months, axis, words, marks.length > 0);
  const percentUnit = words === "%";
  const low = Math.min(...part.p5.filter((value) => value !== null), 0);
  layout.yaxis.range = [
    -low > 0.01 * (peak / factor) ? -round(-low) : 0,
    percentUnit ? Math.min(round(peak / factor), 100) : round(peak / factor),
  ];
  return { data, layout };
}

/** Medians of several series with their 80 % bands. @param {Object<string, Quantiles>} series */
export function lines(series, axis, more = {}) {
  const colours = theme();
  const peak = Math.max(...Object.values(series).map((one) => top(one.p90)), 0);
  const [factor, words] = scaled(axis.unit, peak);
  const dashes = ["solid", "dash", "dot", "dashdot"];
  const data = Object.entries(series).flatMap(([name, found], i) => {
    const colour = (more.colours && more.colours[name]) || colours.series[i % colours.series.length];
    const label = (more.names && more.names[name]) || name;
    return [
      ...band(axis.months, divided(found.p10, factor), divided(found.p90, factor), tint(colour, 0.14), label),
      line(axis.months, divided(found.p50, factor), colour, label, {
        line: { dash: dashes[i % 4] },
        trace: { showlegend: true },
      }),
    ];
  });
  const layout = monthLayout(axis.months, axis, words, false);
  if (more.log) Object.assign(layout.yaxis, { type: "log", dtick: 1, exponentformat: "SI", rangemode: "normal" });
  return { data, layout };
}

/** Stacked areas of means. @param {Object<string, number[]>} means name -> mean over draws by month */
export function stack(means, axis, more = {}) {
  const colours = theme();
  const names = Object.keys(means);
  const totals = axis.months.map((_, t) => names.reduce((sum, name) => sum + (means[name][t] || 0), 0));
  const [factor, words] = scaled(axis.unit, top(totals));
  const data = names.map((name, i) => {
    const colour = (more.colours && more.colours[name]) || colours.series[i % colours.series.length];
    const label = (more.names && more.names[name]) || name;
    return {
      type: "scatter",
      mode: "lines",
      stackgroup: "one",
      x: axis.months,
      y: divided(means[name], factor),
      name: label,
      line: { width: 0.8, color: colour },
      fillcolor: tint(colour, 0.62),
      showlegend: true,
      hovertemplate: `%{x|%b %Y}: %{y:,.3~g}<extra>${label}</extra>`,
    };
  });
  const layout = monthLayout(axis.months, axis, words, false);
  if (words === "%" && axis.unit === "probability") layout.yaxis.range = [0, 100];
  return { data, layout };
}

function monthLayout(months, axis, words, events) {
  const colours = theme();
  const last = months[months.length - 1];
  const layout = {
    xaxis: { type: "date", range: [`${months[0]}-01`, `${last}-28`], tickformat: "%b\n%Y" },
    yaxis: { title: { text: words }, rangemode: "tozero" },
    shapes: [],
    annotations: [],
  };
  if (events) layout.yaxis2 = { overlaying: "y", range: [0, 1], visible: false, fixedrange: true };
  if (axis.asOf && axis.asOf.slice(0, 7) >= months[0] && axis.asOf.slice(0, 7) <= last) {
    const label = {
      x: axis.asOf,
      y: 1,
      yref: "paper",
      showarrow: false,
      yanchor: "bottom",
      font: { size: 10.5, color: colours.muted },
    };
    layout.shapes.push({
      type: "line",
      x0: axis.asOf,
      x1: axis.asOf,
      y0: 0,
      y1: 1,
      yref: "paper",
      line: { color: colours.muted, width: 1, dash: "dot" },
    });
    layout.annotations.push(
      { ...label, text: "history", xanchor: "right", xshift: -4 },
      { ...label, text: "forecast", xanchor: "left", xshift: 4 },
    );
  }
  return layout;
}

/** Numbered events at the foot; the list beside the chart has the same numbers. */
function eventTraces(marks, colours) {
  if (!marks.length) return [];
  const heights = [];
  marks.forEach((mark, i) => {
    const near = new Set(
      heights.filter((_, j) => Math.abs(Date.parse(mark.day) - Date.parse(marks[j].day)) < NEAR_DAYS * 864e5),
    );
    let height = 0.05;
    while (near.has(height)) height = Number((height + 0.09).toFixed(2));
    heights[i] = height;
  });
  return [
    {
      type: "scatter",
      mode: "markers+text",
      x: marks.map((mark) => mark.day),
      y: heights,
      yaxis: "y2",
      showlegend: false,
      name: "events",
      text: marks.map((_, i) => String(i + 1)),
      textfont: { size: 9, color: "#ffffff" },
      textposition: "middle center",
      hovertext: marks.map((mark) => `${mark.day}, ${mark.who}<br>${wrapped(mark.text)}`),
      hoverinfo: "text",
      marker: {
        size: 15,
        color: marks.map((mark) => colours.actor[mark.country] || colours.muted),
        line: { width: 1.5, color: colours.card },
        symbol: marks.map((mark) => (mark.country === "US" ? "circle" : "square")),
      },
    },
  ];
}

/** Lines of 48 letters for a hover box; plotly reads some tags there, so angle brackets go. */
export function wrapped(text) {
  const words = String(text).replace(/[<>]/g, " ").split(/\s+/);
  const rows = [""];
  for (const word of words) {
    if ((rows[rows.length - 1] + word).length > 48) rows.push("");
    rows[rows.length - 1] += `${word} `;
  }
  return rows
    .slice(0, 7)
    .map((row) => row.trim())
    .join("<br>");
}
