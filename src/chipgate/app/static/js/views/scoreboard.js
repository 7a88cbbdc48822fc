/** The scoreboard: how past forecasts did, and the model's history beside the published record. */

import { h, fill, outside } from "../dom.js";
import { Chart, badge, tableOf } from "../chart.js";
import { percent, terse } from "../format.js";
import { task } from "../task.js";
import { theme } from "../theme.js";

const share = (value) => (value === null || value === undefined ? "–" : percent(value));
const skill = (value) => (value === null || value === undefined ? "–" : `${(100 * value).toFixed(0)} %`);

function scores(found, place) {
  const targets = found.targets.filter((one) => one.against && one.against.skill !== null);
  const chart = new Chart({
    id: "skill",
    title: "Skill over the best naive forecast, by target",
    unit: "1 less the ratio of CRPS; above 0 is better",
    badge: "derived",
    wide: true,
    height: 420,
  });
  fill(
    place,
    h(
      "p",
      null,
      `${found.n} forecasts of ${found.n_targets} targets. Of the outcomes, ${share(found.coverage_50)} lie inside the 50 % interval, ${share(found.coverage_80)} inside 80 % and ${share(found.coverage_90)} inside 90 %. Mean skill ${skill(found.crps_skill)}; better than the best naive forecast on ${found.targets_won} of ${found.n_targets_with_baseline} targets.`,
    ),
    chart.element,
    tableOf(
      {
        columns: [
          "target",
          "cases",
          "inside 50 %",
          "inside 80 %",
          "inside 90 %",
          "CRPS",
          "skill",
          "best naive",
          "caveat",
        ],
        rows: found.targets.map((one) => [
          one.words,
          String(one.n),
          share(one.coverage_50),
          share(one.coverage_80),
          share(one.coverage_90),
          `${terse(one.crps, one.unit)} ${one.unit}`,
          skill(one.against?.skill),
          one.against?.best || "–",
          one.caveat || "",
        ]),
      },
      "Scores by target",
    ),
  );
  const sorted = [...targets].sort((a, b) => a.against.skill - b.against.skill);
  chart.set({
    make: () => {
      const colours = theme();
      return {
        data: [
          {
            type: "bar",
            orientation: "h",
            y: sorted.map((one) => one.words),
            x: sorted.map((one) => Math.max(one.against.skill, -1)),
            showlegend: false,
            marker: { color: sorted.map((one) => (one.against.skill > 0 ? colours.hue.blue : colours.hue.vermilion)) },
            hovertemplate: "%{y}: %{x:.2f}<extra></extra>",
          },
        ],
        layout: {
          xaxis: { range: [-1.05, 1], title: { text: "skill" } },
          yaxis: { automargin: true, tickfont: { size: 10.5 } },
        },
      };
    },
    caption: "Blue: better than the best of persistence, drift and the like. Vermilion: worse; bars end at −1.",
    table: () => ({ columns: ["target", "skill"], rows: sorted.map((one) => [one.words, skill(one.against.skill)]) }),
  });
}

function record(found, place) {
  const rows = found.rows;
  fill(
    place,
    h(
      "p",
      null,
      `${found.inside} of ${found.of} published figures lie inside the model's 90 % band (the model as of ${found.as_of}).`,
    ),
    h(
      "div.scroll.tall",
      { tabindex: 0, role: "region", "aria-label": "The record" },
      h(
        "table",
        null,
        h("caption", null, "Published figures beside the model's own history"),
        h(
          "thead",
          null,
          h(
            "tr",
            null,
            ["what", "period", "published (low to high)", "how known", "model, median (90 %)", "inside", "source"].map(
              (name) => h("th", { scope: "col" }, name),
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
              h("th", { scope: "row" }, one.what),
              h("td", null, one.period.join(" to ")),
              h(
                "td",
                null,
                `${terse(one.published[1], one.unit)} (${terse(one.published[0], one.unit)} to ${terse(one.published[2], one.unit)}) ${one.unit}`,
              ),
              h("td", null, badge(one.kind)),
              h(
                "td",
                null,
                `${terse(one.model.p50, one.unit)} (${terse(one.model.p5, one.unit)} to ${terse(one.model.p95, one.unit)})`,
              ),
              h("td", null, one.inside ? "yes" : "no"),
              h("td", null, one.urls?.length ? outside(one.urls[0], one.publisher) : one.publisher),
            ),
          ),
        ),
      ),
    ),
  );
}

export default {
  id: "scoreboard",
  tab: "Scoreboard",
  group: "Evidence",
  metrics: [],
  mount(place) {
    const past = task({
      label: "Check the history",
      again: "Check again",
      path: "record",
      note: "The model up to 2026-06-30, 250 draws: some seconds.",
      body: () => ({ as_of: "2026-06-30", draws: 250, seed: 0 }),
      show: record,
    });
    const score = task({
      label: "Run the rolling backtest",
      again: "Run again",
      path: "scoreboard",
      note: "Eight as-of dates, one to four quarters ahead: a minute or more.",
      body: () => ({ draws: 100, seed: 0 }),
      show: scores,
    });
    fill(
      place,
      h("h2.view-title", null, "How good were past forecasts, this one's included?"),
      h("p.lead", null, "Point in time: each forecast uses only what had been published by its date."),
      h("section.block", null, h("h3", null, "Rolling backtest"), score.element),
      h("section.block", null, h("h3", null, "The model's history beside the published record"), past.element),
    );
    return {
      destroy: () => {
        past.stop();
        score.stop();
      },
    };
  },
};
