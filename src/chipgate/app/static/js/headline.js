/** The answer in one sentence, and the cards: figure, 80 % interval, bar of draws, change against the baseline. */

import { h, svg, fill, byId } from "./dom.js";
import { dayWord, percent, terse } from "./format.js";
import { badge } from "./chart.js";

const NBSP = "\u00a0";
const GATES = {
  washington: "Washington's licence",
  beijing: "Beijing's permission",
  supply: "Physical supply",
  demand: "Demand: no gate",
};
const TONE = { washington: "var(--us)", beijing: "var(--cn)", supply: "#e69f00", demand: "#009e73" };

/** Bar of one figure: 90 % thin, 50 % thick, median a tick; the baseline's median is a hollow mark. */
function interval(card, ghost) {
  const most = Math.max(card.p95, ghost ? ghost.p95 : 0, 1e-12);
  const least = Math.min(card.p5, ghost ? ghost.p5 : card.p5, 0);
  const at = (value) => (100 * (value - least)) / (most - least);
  const bar = (low, high, y, height, opacity) =>
    svg("rect", {
      x: `${at(low)}%`,
      y,
      width: `${Math.max(at(high) - at(low), 0.6)}%`,
      height,
      rx: 1.5,
      fill: "var(--accent)",
      opacity,
    });
  return svg(
    "svg",
    {
      class: "interval",
      role: "img",
      "aria-label": `90 % of draws: ${terse(card.p5, card.unit)} to ${terse(card.p95, card.unit)}`,
    },
    svg("rect", { x: 0, y: 5.5, width: "100%", height: 1, fill: "var(--line)" }),
    bar(card.p5, card.p95, 4.5, 3, 0.28),
    bar(card.p10, card.p90, 3.5, 5, 0.35),
    bar(card.p25, card.p75, 2, 8, 0.55),
    svg("rect", { x: `${at(card.p50)}%`, y: 0, width: 2.5, height: 12, fill: "var(--ink)" }),
    ghost
      ? svg("circle", {
          cx: `${at(ghost.p50)}%`,
          cy: 6,
          r: 4,
          fill: "var(--card)",
          stroke: "var(--ghostline)",
          "stroke-width": 2,
        })
      : null,
  );
}

function shares(card) {
  let from = 0;
  return svg(
    "svg",
    {
      class: "interval",
      role: "img",
      "aria-label": Object.entries(card.shares)
        .map(([gate, share]) => `${GATES[gate] || gate} ${percent(share)}`)
        .join(", "),
    },
    Object.entries(card.shares).map(([gate, share]) => {
      const part = svg(
        "rect",
        {
          x: `${100 * from}%`,
          y: 1,
          width: `${Math.max(100 * share, 0.4)}%`,
          height: 10,
          fill: TONE[gate] || "var(--muted)",
        },
        svg("title", null, `${GATES[gate] || gate} ${percent(share)}`),
      );
      from += share;
      return part;
    }),
  );
}

/** The figure large, its magnitude and unit small behind it. */
function figureWords(card) {
  const [digits, ...word] = terse(card.p50, card.unit).split(NBSP);
  const base = card.unit.split("/")[0];
  const unit = base === "USD" ? "USD" : base === "ratio" ? "times" : card.unit;
  return [digits, h("small", null, ` ${[...word, unit].join(" ")}`)];
}

function figure(card, ghost) {
  if (card.shares) {
    const others = Object.entries(card.shares)
      .filter(([gate]) => gate !== card.binds)
      .sort((a, b) => b[1] - a[1])
      .slice(0, 2);
    return [
      h("p.big.words", null, GATES[card.binds] || card.binds),
      h(
        "p.range",
        null,
        `${percent(card.shares[card.binds])} of draws and months; ${others.map(([gate, share]) => `${(GATES[gate] || gate).split(/'s|:| /)[0]} ${percent(share)}`).join(", ")}`,
      ),
      ghost
        ? h("p.delta", null, `baseline: ${GATES[ghost.binds] || ghost.binds} ${percent(ghost.shares[ghost.binds])}`)
        : null,
      shares(card),
    ];
  }
  return [
    h("p.big", null, figureWords(card)),
    h("p.range", null, `80 %: ${terse(card.p10, card.unit)} to ${terse(card.p90, card.unit)}`),
    ghost
      ? h(
          "p.delta",
          null,
          `baseline: ${terse(ghost.p50, ghost.unit)} (${terse(ghost.p10, ghost.unit)} to ${terse(ghost.p90, ghost.unit)})`,
        )
      : null,
    interval(card, ghost),
  ];
}

/** Show the headline of a run. @param {any} app @param {any} run @param {any} base */
export function headline(app, run, base) {
  const { bands } = run;
  const ghost = Object.fromEntries((base?.bands.headline?.cards || []).map((card) => [card.id, card]));
  byId("kicker").textContent = `${app.titleOf(run.state)} · seen from ${dayWord(bands.as_of)}`;
  const answer = byId("answer-text");
  answer.classList.remove("skeleton");
  answer.textContent =
    (bands.headline.in_short || "").replace(/^In short: /, "").replace(/^./, (first) => first.toUpperCase()) ||
    "This run ends at or before its as-of date: it holds history only, so there is no forecast to sum up.";
  fill(
    byId("cards"),
    bands.headline.cards.map((card) =>
      h(
        "article.card",
        { id: `card-${card.id}`, title: card.text || null },
        h("h2", null, card.label),
        card.period ? h("p.period", null, card.period) : null,
        figure(card, ghost[card.id]),
        h(
          "div.foot-row",
          null,
          badge(card.badge || "derived"),
          card.metrics?.length
            ? h(
                "button.link",
                {
                  type: "button",
                  "aria-label": `Formula and sources of ${card.label}`,
                  onclick: () => app.explain(card.metrics[0]),
                },
                "Sources",
              )
            : null,
        ),
      ),
    ),
  );
}

/** Grey places of the size of the cards, so that nothing jumps when they come. */
export function waitingCards(count = 5) {
  fill(
    byId("cards"),
    Array.from({ length: count }, () =>
      h(
        "div.card",
        { "aria-hidden": "true" },
        h("h2.skeleton", null, "headline"),
        h("p.big.skeleton", null, "0,000"),
        h("p.range.skeleton", null, "interval"),
      ),
    ),
  );
}

/** The line under the answer: how many draws, progress, cancel. */
export function status(app, given) {
  const text = byId("run-text");
  const bar = byId("run-bar");
  const cancel = byId("cancel");
  const running = given.kind === "running" || given.kind === "sent";
  cancel.hidden = given.kind !== "running";
  bar.hidden = !running;
  if (given.kind === "running") {
    if (given.of) bar.value = given.done / given.of;
    text.textContent = given.queue
      ? `Waiting: ${given.queue} runs before this`
      : `Sharpening: ${Number(given.done).toLocaleString("en-US")} of ${Number(given.of).toLocaleString("en-US")} draws`;
  } else if (given.kind === "sent") {
    bar.removeAttribute("value");
  } else if (given.kind === "done") {
    const { bands } = given.run;
    const left = bands.nonconverged_draws.length;
    text.textContent = `${bands.draws_used.toLocaleString("en-US")} draws${left ? `; ${left} left out, their prices did not converge` : ""} · nothing published after ${dayWord(bands.as_of)} is used · 80 % intervals in brackets`;
  } else if (given.kind === "stopped") {
    text.textContent = `Stopped: the bands are of the first ${app.run?.bands?.draws ?? "few"} draws only.`;
  } else {
    text.textContent = "The run failed; what is shown is the last that succeeded.";
  }
}
