/** Comparison with the baseline: totals side by side, and a waterfall of what caused the difference. */

import { h, fill, choice, labelled } from "../dom.js";
import { Chart, tableOf } from "../chart.js";
import { amount, percent, scaled, terse, cell } from "../format.js";
import { once } from "../api.js";
import { task } from "../task.js";
import { theme, tint } from "../theme.js";
import { Charts, hue } from "../kit.js";

const CAUSES = [
  ["units_by_route:route=legal", "legal foreign chips"],
  ["revenue:vendor=nvidia", "Nvidia's revenue"],
  ["revenue:vendor=amd", "AMD's revenue"],
  ["fee_receipts", "fee receipts"],
  ["huawei_units", "Huawei chips"],
  ["domestic_units", "domestic chips"],
  ["grey_units", "smuggled chips"],
  ["compute_ratio:measure=fp8", "US over China, FP8"],
];

/** Names of metrics, and of the part that a row is of. */
const named = (one, metrics) => {
  const label = metrics.find((metric) => metric.metric === one.metric)?.label || one.metric.replace(/_/g, " ");
  return one.label && one.label !== label ? `${label}: ${one.label}` : label;
};

function totals(result, metrics) {
  const rows = result.totals.filter((one) => one.scenario === "mine");
  return tableOf(
    {
      columns: ["figure", "horizon", "baseline, median", "difference, median", "80 % interval", "rises in", "falls in"],
      rows: rows.map((one) => [
        named(one, metrics),
        String(one.horizon).replace(/_/g, " "),
        amount(one.base_p50, one.unit),
        amount(one.p50, one.unit),
        `${terse(one.p10, one.unit)} to ${terse(one.p90, one.unit)}`,
        percent(one.share_up),
        percent(one.share_down),
      ]),
    },
    "Difference of the same draws under both scenarios",
  );
}

function waterfall(found, labels) {
  const bars = [...found.levers].sort((a, b) => Math.abs(b.mean) - Math.abs(a.mean));
  const names = [...bars.map((one) => labels(one.lever)), "difference in all"];
  const values = [...bars.map((one) => one.mean), found.difference.mean];
  const unit = found.unit;
  return {
    make: () => {
      const colours = theme();
      const [factor, words] = scaled(unit, Math.max(...values.map(Math.abs)));
      const part = values.map((value) => value / factor);
      return {
        data: [
          {
            type: "waterfall",
            orientation: "h",
            y: names,
            x: part,
            measure: [...bars.map(() => "relative"), "total"],
            text: values.map((value) => terse(value, unit)),
            textposition: "outside",
            cliponaxis: false,
            showlegend: false,
            connector: { line: { color: colours.grid } },
            increasing: { marker: { color: tint(colours.hue.green, 0.8) } },
            decreasing: { marker: { color: tint(colours.hue.vermilion, 0.8) } },
            totals: { marker: { color: colours.hue.blue } },
            hovertemplate: "%{y}: %{delta:,.3~g}<extra></extra>",
          },
        ],
        layout: {
          xaxis: { title: { text: `mean difference, ${words}` } },
          yaxis: { autorange: "reversed", automargin: true },
          margin: { l: 20, r: 60 },
        },
      };
    },
    caption: `Mean difference from the baseline ${terse(found.difference.mean, unit)} (80 % of draws: ${terse(found.difference.p10, unit)} to ${terse(found.difference.p90, unit)}), shared out among the levers by ${found.method}.`,
    table: () => ({
      columns: ["lever", `mean (${unit})`, "10 %", "90 %", "sampling error"],
      rows: [
        ...bars.map((one) => [
          labels(one.lever),
          cell(one.mean),
          cell(one.p10),
          cell(one.p90),
          cell(one.sampling_error),
        ]),
        ["difference in all", cell(found.difference.mean), cell(found.difference.p10), cell(found.difference.p90), "–"],
      ],
    }),
  };
}

const specs = () => [
  {
    id: "c-legal",
    kind: "fan",
    metric: "units_by_route",
    key: "legal",
    title: "Legal foreign chips delivered",
    colour: hue("blue"),
  },
  {
    id: "c-revenue",
    kind: "fan",
    metric: "revenue",
    key: "nvidia",
    title: "Nvidia's revenue from chips in China",
    colour: hue("blue"),
  },
  { id: "c-fee", kind: "fan", metric: "fee_receipts", key: "", title: "Fee and duty receipts", colour: hue("green") },
  {
    id: "c-domestic",
    kind: "fan",
    metric: "domestic_units",
    key: "",
    title: "Domestic chips delivered",
    colour: hue("vermilion"),
  },
];

export default {
  id: "compare",
  tab: "Compare",
  group: "Market",
  metrics: ["units_by_route", "revenue", "fee_receipts", "domestic_units"],
  mount(place, app) {
    const charts = new Charts(app, specs);
    const head = h("div.stack");
    const labels = (path) => {
      const one = app.levers.found?.find((lever) => lever.path === path);
      return one ? `${one.name_label ? `${one.name_label}: ` : ""}${one.short || one.label}` : path;
    };
    let cause = CAUSES[0][0];
    const work = task({
      label: "Compare in figures",
      again: "Compare again",
      path: "compare",
      note: "Runs each lever in turn: some ten seconds.",
      body: () => ({
        states: { baseline: app.store.baseline, mine: app.store.state },
        metrics: null,
        attribute: sameDates(app.store) ? cause : null,
        months: 12,
      }),
      show: async (result, spot) => {
        const { metrics } = await once("metrics");
        const found = result.attribution?.mine;
        const chart = found
          ? new Chart({
              id: "waterfall",
              title: "What caused the difference",
              unit: CAUSES.find(([id]) => id === cause)?.[1] || cause,
              badge: "derived",
              wide: true,
              height: 340,
            })
          : null;
        fill(
          spot,
          chart
            ? chart.element
            : h("p.muted", null, "Causes need the same as-of date, horizon, draws and seed in both."),
          h("div.block", null, h("h3", null, "Side by side"), totals(result, metrics)),
        );
        chart?.set(waterfall(found, labels));
      },
    });
    const body = h(
      "div.stack",
      null,
      h(
        "section.block",
        null,
        h(
          "div.controls",
          null,
          labelled(
            "Explain the difference in",
            choice(
              CAUSES,
              cause,
              (value) => {
                cause = value;
              },
              { id: "cause" },
            ),
          ),
        ),
        work.element,
      ),
      charts.element,
    );
    const press = () => {
      const { baseline, state } = app.store;
      body.hidden = !baseline;
      const options = [["", "choose …"], ...[...app.scenarios.values()].map((one) => [one.id, one.title])];
      fill(
        head,
        h(
          "div.controls",
          null,
          labelled(
            "Baseline: a scenario as shipped",
            choice(
              options,
              baseline && !Object.keys(baseline.settings).length ? baseline.base : "",
              (id) => {
                if (id) app.store.compareWith({ ...app.shipped(state), base: id, as_of: null, until: null });
              },
              { id: "baseline" },
            ),
          ),
          h(
            "button.tool",
            { type: "button", onclick: () => app.store.compareWith({ ...state }) },
            "Take what I see now as the baseline",
          ),
        ),
        h(
          "p",
          null,
          baseline
            ? `Baseline: ${app.titleOf(baseline)}. Mine: ${app.titleOf(state)}.`
            : "No baseline yet: choose one, or press Compare at the top. It then stands as a grey ghost in every chart.",
        ),
      );
    };
    fill(
      place,
      h("h2.view-title", null, "Against the baseline"),
      h(
        "p.lead",
        null,
        "Both scenarios use the same draws, so that differences are clean: of the levers, not of chance.",
      ),
      head,
      body,
    );
    press();
    return {
      update: (run, base) => (body.hidden ? app.painted(run) : charts.update(run, base)),
      changed: press,
      destroy: () => work.stop(),
    };
  },
};

const sameDates = (store) =>
  ["as_of", "until", "draws", "seed"].every((key) => store.state[key] === store.baseline[key]) &&
  Object.keys(store.state.settings).length + Object.keys(store.baseline.settings).length > 0;
