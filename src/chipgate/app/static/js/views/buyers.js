/** Who gets the chips: buyers in China. */

import { fanOf, hue, liveKeys, metricView, nameOf } from "../kit.js";

function specs(run) {
  const { bands } = run;
  const names = (bands.axes.buyer || []).map((one) => [one.id, one.label]);
  const live = liveKeys(bands, "units_by_buyer");
  return [
    {
      id: "all",
      kind: "stack",
      metric: "units_by_buyer",
      keys: names,
      title: "Legal foreign chips by buyer",
      wide: true,
      height: 420,
    },
    ...live.slice(0, 8).map((key) => fanOf("units_by_buyer", key, nameOf(bands, "buyer", key), hue("blue"))),
    {
      id: "rent",
      kind: "stack",
      metric: "rented_abroad_usd",
      keys: names,
      title: "Contracts for compute rented abroad, by buyer",
      wide: true,
      height: 340,
    },
    fanOf("buyer_welfare", "", "Buyers' surplus over having only the outside option", hue("green")),
    fanOf("spend_on_chips", "", "Spending on chips in China", hue("vermilion")),
  ];
}

export default metricView({
  id: "buyers",
  tab: "Buyers",
  group: "Market",
  title: "Who gets the chips",
  lead: "Eight blocks of Chinese buyers, each with a budget, a mix of training and inference, legal access, exposure to Beijing and a stack preference.",
  metrics: ["units_by_buyer", "rented_abroad_usd", "buyer_welfare", "spend_on_chips"],
  specs,
});
