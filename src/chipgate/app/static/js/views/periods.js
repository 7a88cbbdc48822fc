/** Bars by quarter with intervals: history grey, forecast tinted, the baseline a hollow mark. */

import { scaled, terse, cell } from "../format.js";
import { theme, tint } from "../theme.js";

/** @param {any} doc of /periods @param {string} key @param {string} colour @param {any} [ghost] the baseline's */
export function periodBars(doc, key, colour, ghost = null) {
  const found = doc.series[key];
  if (!found) return null;
  const { unit, periods, split } = doc;
  const old = ghost?.series[key] && ghost.periods.join() === periods.join() ? ghost.series[key] : null;
  const last = periods.length - 1;
  const next = Math.min(split, last);
  return {
    make: () => {
      const colours = theme();
      const [factor, words] = scaled(unit, Math.max(...found.p90, 0));
      const part = (values) => values.map((value) => value / factor);
      const data = [
        {
          type: "bar",
          x: periods,
          y: part(found.p50),
          showlegend: false,
          marker: { color: periods.map((_, i) => (i < split ? tint(colours.hue.grey, 0.55) : tint(colour, 0.62))) },
          error_y: {
            type: "data",
            symmetric: false,
            array: found.p90.map((high, i) => (high - found.p50[i]) / factor),
            arrayminus: found.p10.map((low, i) => (found.p50[i] - low) / factor),
            color: colours.ink,
            thickness: 1.2,
            width: 3,
          },
          hovertemplate: `%{x}: %{y:,.3~g}<extra>median</extra>`,
        },
      ];
      if (old)
        data.push({
          type: "scatter",
          mode: "markers",
          x: periods,
          y: part(old.p50),
          showlegend: true,
          name: "baseline, median",
          marker: { symbol: "line-ew", size: 16, line: { width: 2.4, color: colours.ghostline } },
        });
      return {
        data,
        layout: {
          xaxis: { type: "category", showgrid: false, tickangle: -45, nticks: 14 },
          yaxis: { title: { text: words }, rangemode: "tozero" },
        },
      };
    },
    caption: `Bars are medians, whiskers 80 % intervals. ${periods[next]}: ${terse(found.p50[next], unit)} (${terse(found.p10[next], unit)} to ${terse(found.p90[next], unit)}); ${periods[last]}: ${terse(found.p50[last], unit)} (${terse(found.p10[last], unit)} to ${terse(found.p90[last], unit)}).`,
    table: () => ({
      columns: ["period", ...["5 %", "10 %", "median", "90 %", "95 %", "mean"].map((name) => `${name} (${unit})`)],
      rows: periods.map((period, i) => [
        period,
        ...["p5", "p10", "p50", "p90", "p95", "mean"].map((point) => cell(found[point][i])),
      ]),
    }),
  };
}
