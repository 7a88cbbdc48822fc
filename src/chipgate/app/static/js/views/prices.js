/** Prices of chips, the fee, who bears it and which rate brings most. */

import { h, fill } from "../dom.js";
import { Charts, hue, liveKeys, nameOf, seriesOf } from "../kit.js";
import { Chart } from "../chart.js";
import { cell, percent, scaled, terse, unitWords } from "../format.js";
import { theme, tint } from "../theme.js";
import { task } from "../task.js";

const METRICS = ["price_street", "price_list", "fee_receipts", "fee_by_chip", "units_delivered"];

function specs(run) {
  const { bands } = run;
  const offers = liveKeys(bands, "units_delivered")
    .filter((key) => seriesOf(bands, "price_street", key))
    .slice(0, 8);
  const isLegal = (key) => bands.axes.offer?.find((one) => one.id === key)?.route === "legal";
  const fees = liveKeys(bands, "fee_by_chip");
  return [
    {
      id: "fee",
      kind: "fan",
      metric: "fee_receipts",
      key: "",
      title: "Fee and duty receipts of the United States",
      colour: hue("green"),
      wide: true,
      height: 340,
      marks: true,
    },
    ...(fees.length > 1
      ? fees.slice(0, 2).map((key) => ({
          id: `fee-${key}`,
          kind: "fan",
          metric: "fee_by_chip",
          key,
          title: `Fee and duty on the ${nameOf(bands, "offer", key)}`,
          colour: hue("green"),
        }))
      : []),
    ...offers.map((key) =>
      isLegal(key) && seriesOf(bands, "price_list", key)
        ? {
            id: `price-${key}`,
            kind: "lines",
            metric: "price_street",
            title: `${nameOf(bands, "offer", key)}: street and maker's price`,
            parts: [
              { metric: "price_street", key, name: "street price" },
              { metric: "price_list", key, name: "maker's price" },
            ],
          }
        : {
            id: `price-${key}`,
            kind: "fan",
            metric: "price_street",
            key,
            title: `${nameOf(bands, "offer", key)}: street price`,
            colour: hue("purple"),
          },
    ),
  ];
}

function curve(result, field, words, colour) {
  const points = result.points.filter((one) => one[field]);
  const { unit } = points[0][field];
  return {
    make: () => {
      const colours = theme();
      const tone = colours.hue[colour];
      const [factor, axis] = scaled(unit, Math.max(...points.map((one) => one[field].p90)));
      const x = points.map((one) => 100 * one.rate);
      const row = (point) => points.map((one) => one[field][point] / factor);
      const edge = { x, type: "scatter", mode: "lines", line: { width: 0 }, hoverinfo: "skip", showlegend: false };
      return {
        data: [
          { ...edge, y: row("p10") },
          { ...edge, y: row("p90"), fill: "tonexty", fillcolor: tint(tone, 0.2) },
          { ...edge, y: row("p25") },
          { ...edge, y: row("p75"), fill: "tonexty", fillcolor: tint(tone, 0.3) },
          {
            x,
            y: row("p50"),
            type: "scatter",
            mode: "lines+markers",
            line: { color: tone, width: 2.2 },
            showlegend: false,
            hovertemplate: "%{x:.0f} %: %{y:,.3~g}<extra>median</extra>",
          },
        ],
        layout: {
          xaxis: { title: { text: "fee, % of revenue" } },
          yaxis: { title: { text: axis }, rangemode: "tozero" },
        },
      };
    },
    caption: `${words} Bands: 50 and 80 %. ${points
      .filter((_, i) => i === 0 || i === points.length - 1)
      .map(
        (one) =>
          `At ${percent(one.rate)}: ${terse(one[field].p50, unit)} (${terse(one[field].p10, unit)} to ${terse(one[field].p90, unit)})`,
      )
      .join("; ")}.`,
    table: () => ({
      columns: ["fee", ...["10 %", "median", "90 %"].map((name) => `${name} (${unit})`)],
      rows: points.map((one) => [percent(one.rate), ...["p10", "p50", "p90"].map((point) => cell(one[field][point]))]),
    }),
  };
}

const CURVES = [
  ["receipts", "Receipts by rate of the fee", "What Washington takes.", "green"],
  ["units", "Chips that land by rate", "Volume lost to the fee.", "blue"],
  ["buyer_price", "What a buyer pays by rate", "The fee that is passed on.", "purple"],
  ["huawei_units", "Huawei's units by rate", "What the fee gives to Huawei.", "vermilion"],
];

function showCurve(result, place) {
  const charts = CURVES.filter(([field]) => result.points.some((one) => one[field])).map(
    ([field, title, words, colour]) => {
      const chart = new Chart({
        id: `curve-${field}`,
        title,
        unit: unitWords(result.points.find((one) => one[field])[field].unit),
        badge: "derived",
      });
      return [chart, curve(result, field, words, colour)];
    },
  );
  const best = result.best_rate;
  fill(
    place,
    best
      ? h(
          "p",
          null,
          `The rate that brings most: ${percent(best.p50 ?? best.rate ?? NaN)}${best.p10 !== undefined ? ` (80 % of draws: ${percent(best.p10)} to ${percent(best.p90)})` : ""}.`,
        )
      : null,
    (result.notes || []).map((note) => h("p.muted", null, note)),
    h(
      "div.grid",
      null,
      charts.map(([chart]) => chart.element),
    ),
  );
  charts.forEach(([chart, one]) => chart.set(one));
}

export default {
  id: "prices",
  tab: "Prices and fee",
  group: "Market",
  metrics: METRICS,
  mount(place, app) {
    const charts = new Charts(app, specs);
    const waiting = h("p.loading", null, "Simulating the first draws …");
    const family = app.store.view.chip && app.store.view.chip !== "*every" ? app.store.view.chip : "h20";
    const work = task({
      label: `Run the fee curve of the ${family.toUpperCase()}`,
      again: "Run again",
      path: "fee-curve",
      note: "One run for each rate: some ten seconds.",
      body: () => ({
        state: { ...app.store.state, draws: Math.min(app.store.state.draws, 250) },
        chip: family,
        rates: null,
        months: 12,
      }),
      show: showCurve,
    });
    fill(
      place,
      h("h2.view-title", null, "Prices, and who pays the fee"),
      h(
        "p.lead",
        null,
        "Vendors set prices at the Nash-Bertrand equilibrium with the fee; a scarce chip carries a premium, which shows as its street price.",
      ),
      waiting,
      charts.element,
      h(
        "section.block",
        null,
        h("h3", null, "The fee as an instrument"),
        h("p.muted", null, "Receipts, volume and incidence at each rate, for the levers as they stand."),
        work.element,
      ),
    );
    return {
      update: (run, base) => {
        waiting.remove();
        return charts.update(run, base);
      },
      destroy: () => work.stop(),
    };
  },
};
