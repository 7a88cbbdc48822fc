/** Every assumption with its sources, prior and posterior; and which matter most. */

import { h, fill, choice, labelled } from "../dom.js";
import { once } from "../api.js";
import { Chart, badge } from "../chart.js";
import { cell, number, scaled, terse } from "../format.js";
import { dialog } from "../dialog.js";
import { facts } from "../explain.js";
import { task } from "../task.js";
import { theme } from "../theme.js";
import { later, load } from "./lists.js";

const FIGURES = [
  ["units_by_route:route=legal", "legal foreign chips"],
  ["units_delivered:offer=h20_legal", "H20 delivered"],
  ["revenue:vendor=nvidia", "Nvidia's revenue"],
  ["fee_receipts", "fee receipts"],
  ["huawei_units", "Huawei chips"],
  ["compute_ratio:measure=fp8", "US over China, FP8"],
];

const said = (value) => (Math.abs(value) >= 1e5 ? number(value) : cell(value));
const range = (one) => (one ? `${said(one.central)} (${said(one.low)} to ${said(one.high)})` : "–");

async function open(one, app) {
  const body = h(
    "div.stack",
    null,
    h(
      "dl.facts",
      null,
      row("Prior, 10 %, central, 90 %", `${cell(one.low)}, ${cell(one.central)}, ${cell(one.high)} ${one.unit}`),
      row(
        "Posterior",
        one.posterior
          ? `${cell(one.posterior.low)}, ${cell(one.posterior.central)}, ${cell(one.posterior.high)} ${one.unit}`
          : "not fitted: the prior is used",
      ),
      row("Scale", one.scale),
      row("Known since", one.known_since),
      row("Confidence", one.confidence),
      row("Why", one.why),
    ),
    h("p.loading", null, "Loading the records …"),
  );
  dialog(one.label, h("div.row", null, badge(one.kind), h("span.muted", null, one.id)), body);
  const ids = [...(one.parameters || []), ...(one.observations || [])];
  const records = await Promise.all(ids.map((id) => app.record(id).catch(() => null)));
  fill(
    body,
    body.firstChild,
    ids.length
      ? ids.map((id, i) =>
          h(
            "details.more",
            { open: ids.length < 4 },
            h("summary", null, id),
            records[i] ? facts(records[i], ["id"]) : h("p", null, "no record"),
          ),
        )
      : h("p.muted", null, "It rests on no published figure: our own judgement, for the reason above."),
  );
}

const row = (name, text) => h("div", null, h("dt", null, name), h("dd", null, text ?? "–"));

function table(found, state, app) {
  const rows = found.filter(
    (one) =>
      (!state.kind || one.kind === state.kind) &&
      (!state.q || `${one.label} ${one.id} ${one.group}`.toLowerCase().includes(state.q)),
  );
  if (!rows.length) return h("p.empty", null, "No assumption fits.");
  return h(
    "div.scroll.tall",
    { tabindex: 0, role: "region", "aria-label": "Assumptions" },
    h(
      "table",
      null,
      h("caption", null, `${rows.length} assumptions as known on ${app.asOf()}: central (10 to 90 %)`),
      h(
        "thead",
        null,
        h(
          "tr",
          null,
          ["assumption", "how known", "prior", "posterior", "unit", "group"].map((name) =>
            h("th", { scope: "col" }, name),
          ),
        ),
      ),
      h(
        "tbody",
        null,
        rows.map((one) =>
          h(
            "tr",
            null,
            h("th", { scope: "row" }, h("button.link", { type: "button", onclick: () => open(one, app) }, one.label)),
            h("td", null, badge(one.kind)),
            h("td", null, range(one)),
            h("td", null, range(one.posterior)),
            h("td", null, one.unit),
            h("td", null, one.group),
          ),
        ),
      ),
    ),
  );
}

function tornado(found, place) {
  const bars = found.bars
    .filter((one) => one.at_low !== null && one.at_high !== null)
    .slice(0, 12)
    .reverse();
  const chart = new Chart({
    id: "tornado",
    title: "What moves the figure most",
    unit: found.unit,
    badge: "derived",
    wide: true,
    height: 420,
  });
  fill(place, chart.element);
  chart.set({
    make: () => {
      const colours = theme();
      const [factor, words] = scaled(found.unit, Math.max(...bars.flatMap((one) => [one.at_low, one.at_high])));
      const side = (name, key, colour) => ({
        type: "bar",
        orientation: "h",
        name,
        showlegend: true,
        y: bars.map((one) => one.label),
        base: found.base / factor,
        x: bars.map((one) => (one[key] - found.base) / factor),
        marker: { color: colour },
        hovertemplate: `%{y}<extra>${name}</extra>`,
      });
      return {
        data: [
          side("at its low end", "at_low", colours.hue.sky),
          side("at its high end", "at_high", colours.hue.orange),
        ],
        layout: {
          barmode: "overlay",
          xaxis: { title: { text: words } },
          yaxis: { automargin: true, tickfont: { size: 11 } },
        },
      };
    },
    caption: `${found.metric}: mean ${terse(found.base, found.unit)} with all as drawn; each bar moves one assumption from its low to its high end.`,
    table: () => ({
      columns: ["assumption", "low", "high", `at low (${found.unit})`, `at high (${found.unit})`],
      rows: [...bars]
        .reverse()
        .map((one) => [one.label, cell(one.low), cell(one.high), cell(one.at_low), cell(one.at_high)]),
    }),
  });
}

export default {
  id: "assumptions",
  tab: "Assumptions",
  group: "Evidence",
  metrics: [],
  mount(place, app) {
    const list = h("div");
    const state = { kind: "", q: "" };
    let figure = FIGURES[0][0];
    let found = [];
    const draw = () => fill(list, table(found, state, app));
    const typed = later((value) => {
      state.q = value.trim().toLowerCase();
      draw();
    }, 120);
    const fetch = () =>
      load(
        list,
        "Loading the assumptions …",
        () => once(`assumptions?as_of=${app.asOf()}`),
        (given) => {
          found = given.assumptions;
          return table(found, state, app);
        },
      );
    const work = task({
      label: "Rank them",
      again: "Rank again",
      path: "sensitivity",
      note: "Some seconds.",
      body: () => ({
        state: { ...app.store.state, draws: Math.min(app.store.state.draws, 500) },
        metric: figure,
        method: "tornado",
        months: 12,
        top: 12,
      }),
      show: tornado,
    });
    fill(
      place,
      h("h2.view-title", null, "What the model assumes, and who says so"),
      h("p.lead", null, "Every number has a range, a source or the word assumed. Open one for the records behind it."),
      h(
        "section.block",
        null,
        h("h3", null, "Which matter most"),
        h(
          "div.controls",
          null,
          labelled(
            "Figure",
            choice(FIGURES, figure, (value) => {
              figure = value;
            }),
          ),
        ),
        work.element,
      ),
      h(
        "section.block",
        null,
        h(
          "div.controls",
          null,
          labelled("Words", h("input", { type: "search", oninput: (event) => typed(event.target.value) })),
          labelled(
            "How known",
            choice(
              [["", "all"], ...["reported", "estimated", "derived", "assumed"].map((kind) => [kind, kind])],
              "",
              (value) => {
                state.kind = value;
                draw();
              },
            ),
          ),
        ),
        list,
      ),
    );
    fetch();
    let day = app.asOf();
    return {
      changed: () => {
        if (app.asOf() !== day) {
          day = app.asOf();
          fetch();
        }
      },
      destroy: () => work.stop(),
    };
  },
};
