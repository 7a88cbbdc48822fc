/** Domestic supply: what limits Huawei, stocks of dies and memory, and when domestic supply meets demand. */

import { h, fill } from "../dom.js";
import { call } from "../api.js";
import { Charts, fanOf, hue, nameOf } from "../kit.js";
import { Chart } from "../chart.js";
import { monthWord, percent } from "../format.js";
import { theme } from "../theme.js";

const INPUTS = [
  ["packaging", "packaging"],
  ["dies", "good dies"],
  ["memory", "memory"],
];
const WORK = [
  ["training", "training"],
  ["inference", "inference"],
];
const inputColours = (colours) => ({
  packaging: colours.input.packaging,
  "good dies": colours.input.dies,
  memory: colours.input.memory,
});

function specs(run) {
  return [
    fanOf("huawei_units", "", "Huawei chips delivered", hue("vermilion"), { marks: true }),
    fanOf("domestic_units", "", "All domestic chips delivered", hue("vermilion")),
    {
      id: "input",
      kind: "stack",
      metric: "binding_input",
      keys: INPUTS,
      title: "Which input limits Huawei",
      colours: inputColours,
      height: 340,
    },
    {
      id: "limits",
      kind: "lines",
      metric: "huawei_limits",
      keys: INPUTS,
      title: "What each input would allow Huawei",
      colours: inputColours,
      height: 340,
    },
    ...WORK.map(([key]) => fanOf("sufficiency", key, `Domestic supply over demand, ${key}`, () => theme().workload[key])),
    fanOf("die_bank", "", "Banked dies", hue("blue")),
    fanOf("hbm_stock", "", "Memory stacks in stock", hue("vermilion")),
    ...WORK.map(([key]) =>
      fanOf(
        "maturity",
        key,
        `Maturity of Ascend software, ${nameOf(run.bands, "workload", key)}`,
        () => theme().workload[key],
      ),
    ),
  ];
}

/** Chance that domestic supply has met nine tenths of demand by each month. */
function crossing(found) {
  const names = Object.keys(found.workloads).filter((name) => found.workloads[name].months.length);
  const said = Object.entries(found.workloads).map(
    ([name, one]) =>
      `${name}: ${percent(1 - one.never)} of draws by the end${one.p50 ? `, median ${monthWord(one.p50)}` : ""}`,
  );
  return {
    make: () => {
      const colours = theme();
      return {
        data: names.map((name) => ({
          type: "scatter",
          mode: "lines",
          x: found.workloads[name].months,
          y: found.workloads[name].probability.map((p) => 100 * p),
          name,
          showlegend: true,
          line: {
            shape: "hv",
            width: 2.4,
            color: colours.workload[name] || colours.ink,
            dash: name === "training" ? "solid" : "dash",
          },
          hovertemplate: `%{x|%b %Y}: %{y:.0f} %<extra>${name}</extra>`,
        })),
        layout: { xaxis: { type: "date" }, yaxis: { title: { text: "% of draws" }, range: [0, 100] } },
      };
    },
    caption: `Domestic chips meet ${percent(found.level)} of what is wanted over ${found.trailing_months} months on end, ${said.join("; ")}.`,
    table: () => ({
      columns: ["month", "workload", "probability by then"],
      rows: names.flatMap((name) =>
        found.workloads[name].months.map((month, t) => [month, name, percent(found.workloads[name].probability[t])]),
      ),
    }),
  };
}

export default {
  id: "domestic",
  tab: "Domestic supply",
  group: "Market",
  metrics: [
    "huawei_units",
    "domestic_units",
    "binding_input",
    "huawei_limits",
    "sufficiency",
    "die_bank",
    "hbm_stock",
    "maturity",
  ],
  mount(place, app) {
    const charts = new Charts(app, specs);
    const waiting = h("p.loading", null, "Simulating the first draws …");
    const cross = new Chart({
      id: "crossover",
      title: "When domestic supply meets demand",
      unit: "cumulative probability",
      badge: "derived",
      wide: true,
      height: 340,
      explain: () => app.explain("sufficiency"),
    });
    cross.caption.textContent = "Needs the full set of draws.";
    fill(
      place,
      h("h2.view-title", null, "Domestic supply: what limits it, and when it meets demand"),
      h(
        "p.lead",
        null,
        "Huawei's output is the least of packaging, good dies and memory; the other makers follow ramps. The crossover is a distribution, not a date. The record says next to nothing of yields, memory and how fast software matures, so what follows from them is a statement of priors.",
      ),
      waiting,
      charts.element,
      cross.element,
    );
    let shown = null;
    return {
      async update(run, base) {
        waiting.remove();
        await charts.update(run, base);
        if (!run.final || shown === run.job) return;
        shown = run.job;
        try {
          const found = await call(`runs/${run.job}/crossover?level=0.9`);
          if (shown === run.job) cross.set(crossing(found));
        } catch (error) {
          cross.empty(error.message);
        }
      },
    };
  },
};
