/** Deliveries and gates: how many chips land, by which route, and which gate keeps out the rest. */

import { fanOf, hue, liveKeys, metricView, nameOf, seriesOf } from "../kit.js";

const GATES = [
  ["washington", "Washington's licence"],
  ["beijing", "Beijing's permission"],
  ["supply", "physical supply"],
  ["demand", "demand, no gate"],
];

function gateColours(colours) {
  return Object.fromEntries(GATES.map(([id, name]) => [name, colours.gate[id]]));
}

function specs(run) {
  const { bands } = run;
  const isLegal = (key) => bands.axes.offer?.find((one) => one.id === key)?.route === "legal";
  const legal = liveKeys(bands, "units_delivered", isLegal);
  const first = legal.includes("h20_legal") ? ["h20_legal", ...legal.filter((key) => key !== "h20_legal")] : legal;
  return [
    fanOf("units_by_route", "legal", "Legal foreign chips delivered", hue("blue"), {
      wide: true,
      height: 340,
      marks: true,
    }),
    {
      id: "binding",
      kind: "stack",
      metric: "binding_gate",
      keys: GATES,
      title: "Which gate binds",
      wide: true,
      height: 340,
      colours: gateColours,
      note: "The gate that takes most of the legal foreign chips wanted.",
    },
    ...first
      .slice(0, 6)
      .map((key) => fanOf("units_delivered", key, `${nameOf(bands, "offer", key)} delivered`, hue("blue"))),
    fanOf("domestic_units", "", "Domestic chips delivered", hue("vermilion")),
    fanOf("grey_units", "", "Smuggled chips", hue("purple")),
    {
      id: "lost",
      kind: "lines",
      metric: "units_lost",
      keys: GATES.slice(0, 3).filter(([id]) => seriesOf(bands, "units_lost", id)),
      title: "Legal foreign chips that each gate keeps out",
      wide: true,
      height: 340,
      colours: gateColours,
    },
  ];
}

export default metricView({
  id: "deliveries",
  tab: "Deliveries",
  group: "Market",
  title: "Which chips land, and which gate keeps out the rest",
  lead: "A chip reaches a Chinese data centre only through three gates: Washington's licence, Beijing's permission, and physical supply.",
  metrics: ["units_by_route", "binding_gate", "units_delivered", "domestic_units", "grey_units", "units_lost"],
  specs,
});
