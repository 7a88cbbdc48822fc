/** Rules explorer: thresholds over chips by date, headroom, verdict of one chip with its arithmetic. */

import { h, fill, choice, labelled, outside } from "../dom.js";
import { call, once } from "../api.js";
import { Chart, badge, tableOf } from "../chart.js";
import { cell, dayWord, percent } from "../format.js";
import { theme, tint } from "../theme.js";
import { load, outcomeColour, outcomeWord } from "./lists.js";

const DAYS = [
  ["2022-10-07", "7 Oct 2022"],
  ["2023-11-17", "17 Nov 2023"],
  ["2025-01-13", "13 Jan 2025"],
  ["2025-04-09", "9 Apr 2025"],
  ["2025-08-17", "17 Aug 2025"],
  ["2026-01-15", "15 Jan 2026"],
  ["2026-05-14", "14 May 2026"],
];

/** Chips that carry their name on the map, and on which side of their mark. */
const LABELS = {
  nvidia_h20_96: ["H20", "bottom center"],
  nvidia_l20: ["L20", "bottom left"],
  nvidia_h200_sxm: ["H200", "top left"],
  nvidia_h100_sxm: ["H100", "bottom center"],
  nvidia_a100_80_sxm: ["A100", "bottom right"],
  nvidia_rtx4090: ["RTX 4090", "top left"],
  nvidia_b200: ["B200", "bottom center"],
  nvidia_b300: ["B300", "bottom center"],
  nvidia_b30a: ["B30A", "top center"],
  amd_mi308x: ["MI308X", "bottom right"],
  huawei_ascend_910c: ["Ascend 910C", "bottom center"],
  nvidia_l40s: ["L40S", "top right"],
};

const symbolOf = (outcome) =>
  /denial/.test(outcome) ? "x" : /case/.test(outcome) ? "diamond" : /policy/.test(outcome) ? "diamond-open" : "circle";

/** Runs of equal outcome in a column become one rectangle. */
function shades(regions, colours) {
  const shapes = [];
  regions.outcome.forEach((column, i) => {
    for (let from = 0, j = 1; j <= column.length; j += 1) {
      if (j < column.length && column[j] === column[from]) continue;
      if (column[from] && !/^(none|no_licence|not_controlled)/.test(column[from])) {
        shapes.push({
          type: "rect",
          layer: "below",
          line: { width: 0 },
          fillcolor: tint(outcomeColour(column[from], colours), 0.13),
          x0: regions.tpp[i],
          x1: regions.tpp[i + 1],
          y0: regions.pd[from],
          y1: regions.pd[j],
        });
      }
      from = j;
    }
  });
  return shapes;
}

function map(found) {
  const chips = found.chips.filter((chip) => chip.tpp > 0 && chip.performance_density > 0);
  const outcomes = [...new Set(chips.map((chip) => chip.outcome))];
  const label = (chip) => LABELS[chip.id]?.[0] || "";
  const lines = (variable) => [
    ...new Set(found.thresholds.filter((one) => one.variable === variable).map((one) => one.value)),
  ];
  return {
    make: () => {
      const colours = theme();
      const traces = outcomes.map((outcome) => {
        const mine = chips.filter((chip) => chip.outcome === outcome);
        return {
          type: "scatter",
          mode: "markers+text",
          name: outcomeWord(outcome),
          showlegend: true,
          x: mine.map((chip) => chip.tpp),
          y: mine.map((chip) => chip.performance_density),
          text: mine.map(label),
          textposition: mine.map((chip) => LABELS[chip.id]?.[1] || "top center"),
          textfont: { size: 11 },
          customdata: mine.map((chip) => chip.name),
          marker: {
            size: 9,
            color: outcomeColour(outcome, colours),
            symbol: symbolOf(outcome),
            line: { width: 1, color: colours.card },
          },
          hovertemplate: `%{customdata}<br>TPP %{x:,.0f}, density %{y:.2f}<extra>${outcomeWord(outcome)}</extra>`,
        };
      });
      const line = (more) => ({ type: "line", line: { color: colours.muted, width: 1, dash: "dot" }, ...more });
      const xs = chips.map((chip) => chip.tpp);
      const ys = chips.map((chip) => chip.performance_density);
      const span = (values, marks) => [
        Math.log10(Math.min(...values) * 0.7),
        Math.log10(Math.max(...values, ...marks) * 1.6),
      ];
      const tpp = lines("tpp");
      const pd = [...new Set([...lines("pd"), ...lines("performance_density")])];
      return {
        data: traces,
        layout: {
          shapes: [
            ...shades(found.regions, colours),
            ...tpp.map((x) => line({ x0: x, x1: x, yref: "paper", y0: 0, y1: 1 })),
            ...pd.map((y) => line({ y0: y, y1: y, xref: "paper", x0: 0, x1: 1 })),
          ],
          annotations: [
            ...tpp.map((x) => ({
              x: Math.log10(x),
              y: 1,
              yref: "paper",
              yanchor: "bottom",
              text: x.toLocaleString("en-US"),
              showarrow: false,
              font: { size: 10, color: colours.muted },
            })),
            ...pd.map((y) => ({
              x: 1,
              xref: "paper",
              xanchor: "right",
              y: Math.log10(y),
              yanchor: "bottom",
              text: String(y),
              showarrow: false,
              font: { size: 10, color: colours.muted },
            })),
          ],
          xaxis: { type: "log", title: { text: "total processing performance (TPP)" }, range: span(xs, tpp), dtick: 1 },
          yaxis: { type: "log", title: { text: "performance density (TPP per mm²)" }, range: span(ys, pd), dtick: 1 },
        },
      };
    },
    caption: `${chips.length} chips with known figures on ${dayWord(found.on)}: ${outcomes.map((outcome) => `${outcomeWord(outcome)} ${chips.filter((chip) => chip.outcome === outcome).length}`).join(", ")}. Shades: the verdict on a data-centre chip of those figures. Dotted: thresholds in force.`,
    table: () => ({
      columns: ["chip", "TPP", "density", "verdict", "fee", "confidence", "deciding clause"],
      rows: found.chips.map((chip) => [
        chip.name,
        cell(chip.tpp),
        cell(chip.performance_density),
        outcomeWord(chip.outcome),
        chip.fee ? percent(chip.fee) : "–",
        chip.confidence,
        chip.clauses.join(", "),
      ]),
    }),
  };
}

function verdict(one) {
  return [
    h(
      "div.row",
      null,
      h("h3", null, `${one.name} to ${one.destination}, ${dayWord(one.date)}`),
      h("span.verdict", null, outcomeWord(one.outcome)),
      badge("derived"),
    ),
    h(
      "p",
      null,
      `${one.fee ? `Fee ${percent(one.fee)}. ` : ""}${one.duty ? `Duty ${percent(one.duty)}. ` : ""}Confidence ${one.confidence}.`,
    ),
    h(
      "div.scroll",
      { tabindex: 0 },
      h(
        "table",
        null,
        h("caption", null, "Clauses looked at; the deciding ones are bold"),
        h(
          "thead",
          null,
          h(
            "tr",
            null,
            ["clause", "holds", "arithmetic", "citation"].map((name) => h("th.text", { scope: "col" }, name)),
          ),
        ),
        h(
          "tbody",
          null,
          one.clauses.map((clause) =>
            h(
              "tr",
              null,
              h("th", { scope: "row" }, clause.decides ? h("b", null, clause.id) : clause.id),
              h("td.text", null, clause.holds === true ? "yes" : clause.holds === false ? "no" : "cannot tell"),
              h("td.text", null, clause.arithmetic),
              h("td.text", null, clause.urls?.length ? outside(clause.urls[0], clause.citation) : clause.citation),
            ),
          ),
        ),
      ),
    ),
    one.ambiguities?.length
      ? h(
          "details.more",
          null,
          h("summary", null, `${one.ambiguities.length} open points of the law`),
          one.ambiguities.map((point) => h("p", null, h("b", null, `${point.title}. `), point.text)),
        )
      : null,
  ];
}

function headroomTable({ headroom }) {
  const rows = headroom.flatMap((one) =>
    one.thresholds.map((mark) => [
      one.name,
      outcomeWord(one.outcome),
      mark.variable,
      cell(mark.value),
      cell(mark.threshold),
      cell(mark.margin),
      mark.clauses.join(", "),
    ]),
  );
  return rows.length
    ? tableOf(
        { columns: ["chip", "verdict", "figure", "value", "threshold", "margin", "clauses"], rows },
        "How far each chip stands from each threshold in force",
      )
    : h("p.empty", null, "No threshold is in force on that day.");
}

export default {
  id: "rules",
  tab: "Rules",
  group: "Evidence",
  metrics: [],
  mount(place, app) {
    const state = { on: app.store.view.on || app.asOf(), chip: "nvidia_h20_96" };
    const chart = new Chart({
      id: "rules-map",
      title: "Thresholds over chips",
      unit: "TPP against performance density, export to China",
      badge: "derived",
      wide: true,
      height: 520,
    });
    const room = h("div");
    const one = h("div.block");
    const day = h("input", {
      type: "date",
      value: state.on,
      min: "2022-01-01",
      "aria-label": "Day of the law",
      onchange: () => move(day.value),
    });
    const picked = h("span");
    const about = () =>
      load(
        one,
        "Judging …",
        () => call(`rules/verdict?chip=${encodeURIComponent(state.chip)}&on=${state.on}&to=CN`),
        verdict,
      );
    async function draw() {
      try {
        const found = await once(`rules?on=${state.on}&to=CN`);
        if (found.on !== state.on) return;
        chart.set(map(found));
        if (!picked.childElementCount)
          fill(
            picked,
            labelled(
              "Chip",
              choice(
                found.chips.map((chip) => [chip.id, chip.name]),
                state.chip,
                (id) => {
                  state.chip = id;
                  about();
                },
              ),
            ),
          );
      } catch (error) {
        chart.empty(error.message);
      }
      load(room, "Measuring the headroom …", () => once(`rules/headroom?on=${state.on}&to=CN`), headroomTable);
      about();
    }
    function move(value) {
      if (!value) return;
      state.on = day.value = value;
      app.store.look({ on: value });
      steps
        .querySelectorAll("button")
        .forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.day === value)));
      draw();
    }
    const steps = h(
      "div.seg",
      { role: "group", "aria-label": "Days on which the law changed" },
      DAYS.map(([value, text]) =>
        h(
          "button",
          { type: "button", "data-day": value, "aria-pressed": String(value === state.on), onclick: () => move(value) },
          text,
        ),
      ),
    );
    fill(
      place,
      h("h2.view-title", null, "Is this chip exportable, on that day, under which clause?"),
      h("p.lead", null, "The law as dated data. Move the day and watch thresholds and verdicts change."),
      h("div.controls", null, labelled("Day", day), h("div.scroll", null, steps)),
      chart.element,
      h("section.stack", null, h("div.controls", null, picked), one),
      h("section.block", null, h("h3", null, "Headroom"), room),
    );
    draw();
    return {};
  },
};
