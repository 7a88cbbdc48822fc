/** Vendors' revenue by month, calendar quarter or a maker's fiscal quarter. */

import { h, fill, segments } from "../dom.js";
import { call, replaced } from "../api.js";
import { Charts, fanOf, liveKeys, nameOf } from "../kit.js";
import { Chart } from "../chart.js";
import { unitWords } from "../format.js";
import { theme } from "../theme.js";
import { periodBars } from "./periods.js";

const TIMES = [
  ["month", "Months"],
  ["quarter", "Calendar quarters"],
  ["fiscal:nvidia", "Nvidia's fiscal quarters"],
  ["fiscal:amd", "AMD's fiscal quarters"],
];
const METRICS = ["revenue", "gross_profit", "charges", "market_share_value"];
const ROUTES = [
  ["legal", "legal import"],
  ["grey", "smuggled"],
  ["domestic", "domestic"],
];

const OWN = {
  nvidia: "blue",
  huawei: "vermilion",
  amd: "green",
  cambricon: "orange",
  kunlunxin: "sky",
  t_head: "purple",
  hygon: "olive",
};
const toneOf = (vendor) => theme().hue[OWN[vendor] || "grey"];

function specs(run) {
  const vendors = liveKeys(run.bands, "revenue");
  const of = (key, what) => `${nameOf(run.bands, "vendor", key)}'s ${what}`;
  const own = (metric, key, what, more) => fanOf(metric, key, of(key, what), () => toneOf(key), more);
  return [
    ...vendors
      .slice(0, 6)
      .map((key, i) => own("revenue", key, "revenue from chips in China", { marks: i === 0 })),
    {
      id: "share",
      kind: "stack",
      metric: "market_share_value",
      keys: ROUTES,
      title: "Shares of spending by route",
      wide: true,
      height: 340,
      colours: (colours) => Object.fromEntries(ROUTES.map(([id, name]) => [name, colours.route[id]])),
    },
    ...["nvidia", "amd"].flatMap((key) => [
      own("gross_profit", key, "gross profit after fee"),
      own("charges", key, "write-downs of stranded stock"),
    ]),
  ];
}

export default {
  id: "revenue",
  tab: "Revenue",
  group: "Market",
  metrics: METRICS,
  mount(place, app) {
    const charts = new Charts(app, specs);
    const bars = h("div.grid");
    const made = new Map();
    const pick = h("div.controls");
    const waiting = h("p.loading", null, "Simulating the first draws …");
    let last = [null, null];
    let asked = "";
    const time = () => app.store.view.time || "quarter";
    const press = () =>
      fill(
        pick,
        segments("Periods", TIMES, time(), (value) => {
          app.store.look({ time: value });
          press();
          asked = "";
          paint(...last);
        }),
      );
    fill(
      place,
      h("h2.view-title", null, "Vendors' revenue from chips in China"),
      h(
        "p.lead",
        null,
        "By calendar or fiscal quarter, summed draw by draw. Fiscal quarters follow each maker's own calendar.",
      ),
      pick,
      waiting,
      bars,
      charts.element,
    );
    press();

    async function paint(run, base) {
      last = [run, base];
      if (!run) return;
      waiting.remove();
      const monthly = time() === "month";
      charts.element.hidden = !monthly;
      bars.hidden = monthly;
      if (monthly) {
        await charts.update(run, base);
        return;
      }
      if (!run.final) {
        if (!bars.childElementCount) {
          fill(bars, h("p.loading", null, "Quarters come with the full set of draws …"));
        }
        app.painted(run);
        return;
      }
      const key = `${run.job}|${base?.job}|${time()}`;
      if (key === asked) return;
      asked = key;
      try {
        const query = (one, metric) => call(`runs/${one.job}/periods?metric=${metric}&by=${time()}`);
        const [doc, old, profit, charges] = await Promise.all([
          query(run, "revenue"),
          base?.final ? query(base, "revenue") : null,
          query(run, "gross_profit"),
          query(run, "charges"),
        ]);
        if (key === asked) draw(run, doc, old, profit, charges);
      } catch (error) {
        if (!replaced(error)) fill(bars, h("div.notice.error", null, error.message));
      }
    }

    async function draw(run, doc, old, profit, charges) {
      const order = liveKeys(run.bands, "revenue").filter((key) => doc.series[key]);
      const charted = [
        ...order.slice(0, 6).map((key) => ["revenue", key, doc, old, "revenue"]),
        ...["nvidia", "amd"].flatMap((key) => [
          ["gross_profit", key, profit, null, "gross profit after fee"],
          ["charges", key, charges, null, "write-downs"],
        ]),
      ].filter(([, key, found]) => found.series[key]);
      const shown = charted.map(([metric, key, found, ghost, words], i) => {
        const id = `${metric}-${key}-quarters`;
        if (!made.has(id))
          made.set(
            id,
            new Chart({
              id,
              title: `${nameOf(run.bands, "vendor", key)}: ${words}`,
              unit: unitWords(found.unit),
              badge: "derived",
              explain: () => app.explain(metric),
              files: (format) => app.exportMetric(metric, format, time()),
            }),
          );
        return [made.get(id), periodBars(found, key, toneOf(key), ghost)];
      });
      fill(
        bars,
        shown.map(([chart]) => chart.element),
        shown.length ? null : h("p.empty", null, "No revenue in any quarter."),
      );
      for (const [i, [chart, one]] of shown.entries()) {
        await chart.set(one);
        if (i === 0) app.painted(run);
      }
    }

    return { update: paint };
  },
};
