/** Compute on both sides, in four measures. */

import { fanOf, hue, liveKeys, metricView, seriesOf } from "../kit.js";

const MEASURES = [
  ["fp8", "FP8 arithmetic"],
  ["fp4", "FP4 arithmetic"],
  ["memory_bandwidth", "memory bandwidth"],
  ["usd", "dollars"],
];

function specs(run) {
  const has = (metric, key) => seriesOf(run.bands, metric, key);
  const sources = run.bands.metrics.compute_by_source
    ? [...new Set(liveKeys(run.bands, "compute_by_source").map((key) => key.split("/")[0]))]
    : [];
  return [
    ...MEASURES.filter(([key]) => has("compute_ratio", key)).map(([key, name], i) =>
      fanOf("compute_ratio", key, `US over China, ${name}`, hue("blue"), { marks: i === 0 }),
    ),
    {
      id: "sides",
      kind: "lines",
      metric: "compute_us",
      title: "Compute installed, FP8 (log scale)",
      wide: true,
      height: 340,
      log: true,
      parts: [
        { metric: "compute_us", key: "fp8", name: "large US buyers" },
        { metric: "compute_china", key: "fp8", name: "in China" },
        { metric: "compute_usable", key: "fp8", name: "usable by Chinese buyers, rented abroad included" },
      ],
    },
    {
      id: "source",
      kind: "stack",
      metric: "compute_by_source",
      title: "Compute that Chinese buyers can use, FP8",
      wide: true,
      height: 340,
      parts: sources.map((source) => ({
        metric: "compute_by_source",
        key: `${source}/fp8`,
        name: (run.bands.axes.source || []).find((one) => one.id === source)?.label || source,
      })),
    },
    fanOf("us_lead", "fp8", "US compute over what Chinese buyers can use, FP8", hue("blue")),
    fanOf("rented_abroad_h100e", "fp8", "Compute rented abroad, FP8", hue("green")),
    fanOf("largest_training_run", "", "Largest training run of one Chinese buyer", hue("purple")),
    fanOf("serving_capacity", "", "Tokens a day that chips for inference can decode", hue("orange")),
  ];
}

export default metricView({
  id: "compute",
  tab: "Compute",
  group: "Market",
  title: "Compute on both sides, in four measures",
  lead: "The lead of the United States depends on what is counted: FP8 or FP4 arithmetic, memory bandwidth, or dollars. All are shown, in H100-equivalents.",
  metrics: [
    "compute_ratio",
    "compute_us",
    "compute_china",
    "compute_usable",
    "compute_by_source",
    "us_lead",
    "rented_abroad_h100e",
    "largest_training_run",
    "serving_capacity",
  ],
  specs,
});
