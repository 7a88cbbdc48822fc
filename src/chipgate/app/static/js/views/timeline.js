/** The dated events with their sources. */

import { h, fill, choice, labelled, outside } from "../dom.js";
import { call } from "../api.js";
import { dayWord } from "../format.js";
import { badge } from "../chart.js";
import { later, load } from "./lists.js";

const words = (text) => text.replace(/_/g, " ");

function one(event) {
  const side = ["US", "CN"].includes(event.country) ? event.country : "other";
  return h(
    "li.event",
    { id: `event-${event.id}` },
    h("time", { datetime: event.date }, dayWord(event.date)),
    h("span.flag", { class: side, title: event.country }),
    h(
      "div",
      null,
      h("h3", null, `${event.actor}: ${words(event.instrument)}`),
      h("p", null, event.summary),
      h(
        "div.tags",
        null,
        badge(event.authority === "press_report" ? "estimated" : "reported"),
        h("span.badge", null, words(event.authority)),
        h("span.badge", null, `${event.confidence} confidence`),
        h("span.badge", null, event.id),
        event.public_date && event.public_date !== event.date
          ? h("span.badge", null, `public ${dayWord(event.public_date)}`)
          : null,
      ),
      h("p.muted", null, event.urls.length ? event.urls.map((url) => [outside(url), " "]) : "no link"),
    ),
  );
}

export default {
  id: "timeline",
  tab: "Timeline",
  group: "Evidence",
  metrics: [],
  mount(place, app) {
    const list = h("div.block");
    const count = h("p.muted", { role: "status" });
    const state = { country: "", q: "", newest: true };
    const draw = () =>
      load(
        list,
        "Loading the events …",
        () =>
          call(
            `events?as_of=${app.asOf()}${state.country ? `&country=${state.country}` : ""}${state.q ? `&q=${encodeURIComponent(state.q)}` : ""}`,
          ),
        ({ events }) => {
          const sorted = [...events].sort((a, b) =>
            state.newest ? b.date.localeCompare(a.date) : a.date.localeCompare(b.date),
          );
          count.textContent = `${events.length} events known on ${dayWord(app.asOf())}.`;
          if (!sorted.length) return h("p.empty", null, "No event fits: widen the filter, or move the as-of date.");
          const years = [...new Set(sorted.map((event) => event.date.slice(0, 4)))];
          return h(
            "ol.timeline",
            null,
            years.flatMap((year) => [
              h("li.year", null, year),
              sorted.filter((event) => event.date.startsWith(year)).map(one),
            ]),
          );
        },
      );
    const typed = later((value) => {
      state.q = value;
      draw();
    });
    fill(
      place,
      h("h2.view-title", null, "What was done, by whom, when, and who says so"),
      h("p.lead", null, "Only events known on the as-of date move a run. Circles: Washington. Squares: Beijing."),
      h(
        "div.controls",
        null,
        labelled(
          "Who acts",
          choice(
            [
              ["", "both sides"],
              ["US", "United States"],
              ["CN", "China"],
            ],
            "",
            (value) => {
              state.country = value;
              draw();
            },
          ),
        ),
        labelled(
          "Words",
          h("input", {
            type: "search",
            placeholder: "H20, licence, customs …",
            oninput: (event) => typed(event.target.value.trim()),
          }),
        ),
        labelled(
          "Order",
          choice(
            [
              ["1", "newest first"],
              ["", "oldest first"],
            ],
            "1",
            (value) => {
              state.newest = value === "1";
              draw();
            },
          ),
        ),
      ),
      count,
      list,
    );
    draw();
    let day = app.asOf();
    return {
      changed: () => {
        if (app.asOf() !== day) {
          day = app.asOf();
          draw();
        }
      },
    };
  },
};
