/** Chip explorer: figures with sources, and what a language model does on each chip. */

import { h, fill, choice, labelled } from "../dom.js";
import { call, once } from "../api.js";
import { Chart, badge, tableOf } from "../chart.js";
import { amount, cell, percent, terse } from "../format.js";
import { dialog } from "../dialog.js";
import { facts } from "../explain.js";
import { task } from "../task.js";
import { theme } from "../theme.js";
import { later, load } from "./lists.js";

const PHASES = [
  ["decode", "serving, decode"],
  ["prefill", "serving, prefill"],
  ["training", "training"],
];
const band = (one, digits = terse) =>
  one ? `${digits(one.p50, "tokens")} (${digits(one.p10, "tokens")} to ${digits(one.p90, "tokens")})` : "–";
const dollars = (value) => (value === null || value === undefined ? "–" : value.toPrecision(2));

function table(chips, words) {
  const found = chips.filter(
    (chip) => !words || `${chip.name} ${chip.vendor_name} ${chip.id}`.toLowerCase().includes(words),
  );
  if (!found.length) return h("p.empty", null, "No chip fits these words.");
  const head = [
    "chip",
    "maker",
    "announced",
    "TPP",
    "memory, GB",
    "bandwidth, GB/s",
    "link, GB/s",
    "power, W",
    "price, USD",
    "confidence",
  ];
  return h(
    "div.scroll",
    { tabindex: 0, role: "region", "aria-label": "Chips" },
    h(
      "table",
      null,
      h("caption", null, `${found.length} chips; open one for every figure with its source`),
      h(
        "thead",
        null,
        h(
          "tr",
          null,
          head.map((name) => h("th", { scope: "col" }, name)),
        ),
      ),
      h(
        "tbody",
        null,
        found.map((chip) =>
          h(
            "tr",
            null,
            h(
              "th",
              { scope: "row" },
              h("button.link", { type: "button", onclick: () => open(chip.id, chip.name) }, chip.name),
            ),
            [
              chip.vendor_name,
              chip.announced || "–",
              cell(chip.tpp),
              cell(chip.mem_gb),
              cell(chip.mem_bw_gbs),
              cell(chip.scaleup_bw_gbs),
              cell(chip.tdp_w),
              cell(chip.price_usd),
              chip.confidence,
            ].map((text) => h("td", null, text)),
          ),
        ),
      ),
    ),
  );
}

function open(id, name) {
  const body = h("div");
  dialog(name, body);
  load(
    body,
    "Loading …",
    () => once(`chips/${encodeURIComponent(id)}`),
    (found) => facts(found.record || found.chip || found, ["id", "name"]),
  );
}

function ranking(found, place) {
  const rows = found.ranking.slice(0, 40);
  const chart = new Chart({
    id: "ranking",
    title: `Tokens a second for each chip: ${found.model}, ${found.phase}`,
    unit: "tokens a second a chip, median and 80 %",
    badge: "derived",
    wide: true,
    height: 520,
  });
  const shown = rows.slice(0, 22).reverse();
  fill(place, chart.element);
  chart.set({
    make: () => {
      const colours = theme();
      return {
        data: [
          {
            type: "scatter",
            mode: "markers",
            orientation: "h",
            y: shown.map((one) => one.name),
            x: shown.map((one) => one.tokens_per_s_per_chip.p50),
            showlegend: false,
            error_x: {
              type: "data",
              symmetric: false,
              array: shown.map((one) => one.tokens_per_s_per_chip.p90 - one.tokens_per_s_per_chip.p50),
              arrayminus: shown.map((one) => one.tokens_per_s_per_chip.p50 - one.tokens_per_s_per_chip.p10),
              color: colours.muted,
              thickness: 1.4,
              width: 0,
            },
            marker: {
              size: 9,
              color: shown.map((one) =>
                one.chip.startsWith("nvidia") || one.chip.startsWith("amd") ? colours.hue.blue : colours.hue.vermilion,
              ),
              symbol: shown.map((one) => (one.measured ? "circle" : "circle-open")),
            },
            hovertemplate: "%{y}: %{x:,.0f}<extra></extra>",
          },
        ],
        layout: {
          xaxis: { type: "log", title: { text: "tokens a second a chip, log scale" }, dtick: 1 },
          yaxis: { automargin: true, tickfont: { size: 11 } },
        },
      };
    },
    caption: `Blue: foreign. Vermilion: Chinese. Filled: measured somewhere; hollow: nobody has published a run. ${found.cannot?.length || 0} chips have too few published figures. ${(found.notes || []).join(" ")}`,
    table: () => ({
      columns: [
        "chip",
        "tokens/s a chip (80 %)",
        "limited by",
        "precision",
        "chips",
        "layout",
        "USD a million tokens (80 %)",
      ],
      rows: rows.map((one) => [
        one.name,
        band(one.tokens_per_s_per_chip),
        one.bound_by,
        one.precision,
        String(one.chips),
        one.layout,
        one.usd_per_million_tokens
          ? `${dollars(one.usd_per_million_tokens.p50)} (${dollars(one.usd_per_million_tokens.p10)} to ${dollars(one.usd_per_million_tokens.p90)})`
          : one.no_cost || "–",
      ]),
    }),
  });
}

function single(found, place) {
  const cost = found.usd_per_million_tokens;
  fill(
    place,
    h(
      "div.two",
      null,
      h(
        "div",
        null,
        h(
          "div.row",
          null,
          h("h3", null, `${band(found.tokens_per_s_per_chip)} tokens a second a chip`),
          badge("derived"),
        ),
        h(
          "dl.facts",
          null,
          row(
            "Limited by",
            `${found.bound_by} (${Object.entries(found.shares)
              .map(([part, share]) => `${part} ${percent(share)}`)
              .join(", ")})`,
          ),
          row("Model FLOP utilisation", percent(found.mfu)),
          row("Layout", `${found.layout} on ${found.chips} chips, ${found.precision}`),
          row(
            "Cost of a million tokens",
            cost ? `USD ${dollars(cost.p50)} (80 %: ${dollars(cost.p10)} to ${dollars(cost.p90)})` : found.no_cost,
          ),
          row(
            "Cost of a chip-hour",
            found.usd_per_chip_hour
              ? `USD ${dollars(found.usd_per_chip_hour.p50)} (80 %: ${dollars(found.usd_per_chip_hour.p10)} to ${dollars(found.usd_per_chip_hour.p90)})`
              : "–",
          ),
          row("Power", amount(found.watts, "W")),
          row("Time between tokens", found.tpot_ms ? `${found.tpot_ms.toPrecision(3)} ms` : "–"),
          row("Memory in use", `${cell(found.memory_gb)} of ${cell(found.chip_memory_gb)} GB`),
        ),
        h("p.muted", null, found.band),
      ),
      h(
        "div",
        null,
        tableOf(
          {
            columns: ["measurement", "measured", "predicted (80 %)"],
            rows: found.nearest_measurements.map((one) => [
              one.what,
              cell(one.measured),
              `${cell(one.predicted.p50)} (${cell(one.predicted.p10)} to ${cell(one.predicted.p90)})`,
            ]),
          },
          "Nearest published measurements",
        ),
        tableOf(
          {
            columns: ["assumption of the cost", "10 %", "median", "90 %", "unit"],
            rows: found.cost_assumptions.map((one) => [
              one.label,
              cell(one.p10),
              cell(one.p50),
              cell(one.p90),
              one.unit,
            ]),
          },
          "What the cost assumes",
        ),
      ),
    ),
  );
}

const row = (name, text) => h("div", null, h("dt", null, name), h("dd", null, text ?? "–"));

export default {
  id: "chips",
  tab: "Chips",
  group: "Evidence",
  metrics: [],
  mount(place, app) {
    const list = h("div");
    const form = h("div.controls");
    const asked = { chip: "nvidia_h20_96", model: "", phase: "decode" };
    const work = task({
      label: "Work it out",
      again: "Work it out again",
      path: "workload",
      note: "One chip: about a second. All chips: some seconds.",
      body: () => ({ ...asked, chip: asked.chip || null }),
      show: (found, spot) => (found.ranking ? ranking(found, spot) : single(found, spot)),
    });
    let chips = [];
    const draw = (words = "") => fill(list, table(chips, words));
    const typed = later((value) => draw(value.trim().toLowerCase()), 120);
    fill(
      place,
      h("h2.view-title", null, "What each chip is, and what a language model does on it"),
      h(
        "p.lead",
        null,
        "Roofline with communication and efficiencies fitted to published measurements, also for chips that nobody here can run.",
      ),
      h("section.block", null, h("h3", null, "Workload"), form, work.element),
      h(
        "section.block",
        null,
        h(
          "div.controls",
          null,
          labelled("Find a chip", h("input", { type: "search", oninput: (event) => typed(event.target.value) })),
        ),
        list,
      ),
    );
    load(
      list,
      "Loading the chips …",
      async () => {
        const [found, models] = await Promise.all([call(`chips?on=${app.asOf()}`), once("models")]);
        chips = found.chips;
        asked.model = (models.models.find((one) => one.id === "deepseek_v3") || models.models[0]).id;
        fill(
          form,
          labelled(
            "Chip",
            choice([["", "all chips, ranked"], ...chips.map((one) => [one.id, one.name])], asked.chip, (id) => {
              asked.chip = id;
            }),
          ),
          labelled(
            "Model",
            choice(
              models.models.map((one) => [one.id, one.name]),
              asked.model,
              (id) => {
                asked.model = id;
              },
            ),
          ),
          labelled(
            "Work",
            choice(PHASES, asked.phase, (id) => {
              asked.phase = id;
            }),
          ),
        );
        return chips;
      },
      () => table(chips, ""),
    );
    return { destroy: () => work.stop() };
  },
};
