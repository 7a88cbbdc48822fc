/** Where a figure comes from: formula, inputs with their priors, sources, how it is known. */

import { h, fill, outside } from "./dom.js";
import { dialog } from "./dialog.js";
import { badge } from "./chart.js";
import { cell, unitWords } from "./format.js";
import { once } from "./api.js";

/** Open formula and sources of a metric. @param {string} metric @param {any} app */
export async function explain(metric, app) {
  const body = h("div.stack", null, h("p.loading", null, "Loading …"));
  dialog("Where this figure comes from", body);
  try {
    const found = await once(`metrics/${encodeURIComponent(metric)}`);
    const one = found.metric && typeof found.metric === "object" ? found.metric : found;
    fill(
      body,
      h("div.row", null, h("h3", null, one.label), badge(one.badge || "derived")),
      h(
        "dl.facts",
        null,
        fact("Metric", one.metric || metric),
        fact("Unit", `${one.unit} (${unitWords(one.unit)})`),
        fact("By", (one.axes || []).join(", ") || "one figure a month"),
        fact("Months add up by", one.adds),
        fact("Formula", one.formula),
        fact("Source", one.source),
      ),
      h(
        "p.muted",
        null,
        "Derived: the model computes it anew for each draw of the inputs below. The bands hold what is uncertain in the inputs and in both governments' next moves, not errors of the model itself.",
      ),
      h("div", { id: "explain-inputs" }, h("p.loading", null, "Loading the inputs …")),
      h("p.muted", null, `Command line: chipgate explain ${metric}`),
    );
    fill(body.querySelector("#explain-inputs"), await inputs(one, app));
  } catch (error) {
    fill(body, h("div.notice.error", null, error.message));
  }
}

const fact = (name, text) => h("div", null, h("dt", null, name), h("dd", null, text ?? "–"));

async function inputs(one, app) {
  const wanted = (one.inputs || []).map((input) => input.name || input);
  if (!wanted.length)
    return h(
      "p.muted",
      null,
      "It follows from the state of the market as a whole; the view Assumptions lists every input.",
    );
  const { assumptions } = await once(`assumptions?as_of=${app.asOf()}`);
  const known = new Map(assumptions.map((input) => [input.id, input]));
  const kinds = new Map(one.inputs.map((input) => [input.name, input.kind]));
  const rows = wanted.map((name) => [name, known.get(name)]);
  return h(
    "details.more",
    { open: rows.length < 9 },
    h("summary", null, rows.length === 1 ? "One input" : `${rows.length} inputs`),
    h(
      "div.scroll",
      { tabindex: 0 },
      h(
        "table",
        null,
        h("caption", null, "10 %, central and 90 % of each prior, as known at the as-of date"),
        h(
          "thead",
          null,
          h(
            "tr",
            null,
            ["input", "how known", "low", "central", "high", "unit"].map((name) => h("th", { scope: "col" }, name)),
          ),
        ),
        h(
          "tbody",
          null,
          rows.map(([name, input]) =>
            h(
              "tr",
              null,
              h("th", { scope: "row" }, input ? input.label : name),
              input
                ? [
                    h("td", null, badge(input.kind)),
                    h("td", null, cell(input.low)),
                    h("td", null, cell(input.central)),
                    h("td", null, cell(input.high)),
                    h("td", null, input.unit),
                  ]
                : h("td", { colspan: 5 }, kinds.get(name) || "not drawn"),
            ),
          ),
        ),
      ),
    ),
  );
}

/** Everything of a record, as facts, with links. @param {any} record */
export function facts(record, skip = []) {
  return h(
    "dl.facts",
    null,
    Object.entries(record)
      .filter(
        ([key, value]) =>
          !skip.includes(key) && value !== null && value !== "" && !(Array.isArray(value) && !value.length),
      )
      .map(([key, value]) => h("div", null, h("dt", null, key.replace(/_/g, " ")), h("dd", null, shown(value)))),
  );
}

function shown(value) {
  if (Array.isArray(value))
    return value.map((one) => [shown(one), value.every((each) => typeof each !== "object") ? " " : ""]).flat();
  if (value && typeof value === "object") {
    if ("value" in value && "unit" in value) return measured(value);
    return Object.entries(value)
      .filter(([, inner]) => inner !== null)
      .map(([key, inner]) => h("div", null, `${key.replace(/_/g, " ")}: `, shown(inner)));
  }
  const text = String(value);
  return /^https?:\/\//.test(text)
    ? outside(text)
    : typeof value === "number"
      ? value.toLocaleString("en-US", { maximumSignificantDigits: 7 })
      : text;
}

function measured(one) {
  const range = one.low !== undefined && one.low !== null ? ` (${one.low} to ${one.high})` : "";
  const urls = one.urls || one.sources || (one.url ? [one.url] : []);
  return h(
    "div",
    null,
    `${typeof one.value === "number" ? one.value.toLocaleString("en-US") : one.value} ${one.unit}${range} `,
    one.kind ? badge(one.kind) : null,
    " ",
    urls.map((url) => [outside(String(url)), " "]),
  );
}
