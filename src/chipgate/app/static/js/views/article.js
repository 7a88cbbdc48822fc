/** Article reader: paste a news article, check the events that it states, make a scenario of them. */

import { h, fill, choice, labelled } from "../dom.js";
import { ApiError, call } from "../api.js";
import { percent } from "../format.js";
import { notify } from "../notice.js";

const SIDES = [
  ["US", "United States"],
  ["CN", "China"],
  ["third", "third country"],
  ["company", "company"],
];
const words = (text) => String(text || "").replace(/_/g, " ");

/** The article's text with the evidence of each event marked. */
function marked(text, events) {
  const spans = events
    .map((event, i) => [...event.span, i])
    .filter(([from, to]) => from >= 0 && to > from && to <= text.length)
    .sort((a, b) => a[0] - b[0]);
  const parts = [];
  let at = 0;
  for (const [from, to, i] of spans) {
    if (from < at) continue;
    parts.push(text.slice(at, from), h("mark", { id: `evidence-${i}`, title: `event ${i + 1}` }, text.slice(from, to)));
    at = to;
  }
  parts.push(text.slice(at));
  return h(
    "div.evidence-text",
    { tabindex: 0, role: "region", "aria-label": "The article with its evidence marked" },
    parts,
  );
}

/** One event, to be switched on or off and corrected. */
function editor(event, i, text, touch) {
  const field = (label, control) => h("label.field", null, label, control);
  const edit = (name) => (change) => {
    event[name] = change.target.value.trim() || null;
    event.edited_by_user = true;
    touch();
  };
  const list = (name) => (change) => {
    event[name] = change.target.value
      .split(/[,;]/)
      .map((one) => one.trim())
      .filter(Boolean);
    event.edited_by_user = true;
    touch();
  };
  const value =
    event.parameter &&
    h("input", {
      type: "number",
      step: "any",
      value: event.parameter.value,
      onchange: (change) => {
        event.parameter = { ...event.parameter, value: Number(change.target.value) };
        event.edited_by_user = true;
        touch();
      },
    });
  return h(
    "tr",
    null,
    h(
      "td",
      null,
      h("input", {
        type: "checkbox",
        checked: event.on,
        "aria-label": `Use event ${i + 1}`,
        onchange: (change) => {
          event.on = change.target.checked;
          event.edited_by_user = true;
          touch();
        },
      }),
    ),
    h(
      "td.text",
      null,
      h("b", null, `${i + 1}. ${words(event.instrument)}`),
      h(
        "div.row",
        null,
        h("span.badge", null, words(event.direction)),
        h("span.badge", null, words(event.authority)),
        h("span.badge", null, words(event.context)),
        h("span.badge", null, `${percent(event.confidence)} sure`),
        event.edited_by_user ? h("span.badge", null, "edited") : null,
      ),
      h(
        "button.link",
        {
          type: "button",
          onclick: () => document.getElementById(`evidence-${i}`)?.scrollIntoView({ block: "center" }),
        },
        "“",
        event.text.slice(0, 180),
        event.text.length > 180 ? " …" : "",
        "”",
      ),
    ),
    h(
      "td.text",
      null,
      field("Actor", h("input", { type: "text", value: event.actor || "", onchange: edit("actor") })),
      field(
        "Side",
        choice(SIDES, event.actor_side, (side) => {
          event.actor_side = side;
          event.edited_by_user = true;
          touch();
        }),
      ),
    ),
    h(
      "td.text",
      null,
      field("Chips", h("input", { type: "text", value: event.chips.join(", "), onchange: list("chips") })),
      field("Firms", h("input", { type: "text", value: event.firms.join(", "), onchange: list("firms") })),
    ),
    h(
      "td.text",
      null,
      field(
        "Date",
        h("input", {
          type: "text",
          value: event.date || "",
          placeholder: "YYYY-MM-DD",
          size: 11,
          onchange: edit("date"),
        }),
      ),
      value ? field(`${event.parameter.name}, ${event.parameter.unit}`, value) : null,
    ),
  );
}

export default {
  id: "article",
  tab: "Article",
  group: "Evidence",
  metrics: [],
  mount(place, app) {
    const text = h("textarea", { id: "article-text", placeholder: "Paste the article here, or choose a file." });
    const day = h("input", { type: "date", id: "article-day" });
    const out = h("div.stack", { "aria-live": "polite" });
    const file = h("input", {
      type: "file",
      accept: ".txt,.html,.htm,text/plain,text/html",
      onchange: async () => {
        if (file.files[0]) {
          text.value = await file.files[0].text();
          notify(`${file.files[0].name}: ${text.value.length.toLocaleString("en-US")} characters.`, "info", {
            key: "file",
          });
        }
      },
    });

    async function read() {
      const raw = text.value;
      if (!raw.trim()) {
        fill(out, h("div.notice", null, "Paste an article first."));
        text.focus();
        return;
      }
      fill(out, h("p.loading", { role: "status" }, "Reading …"));
      try {
        show(
          raw,
          await call("article/read", {
            body: {
              text: raw,
              html: /<\/?(html|body|p|div|article)\b/i.test(raw),
              published: day.value || null,
              date_order: null,
              name: "article",
            },
          }),
        );
      } catch (error) {
        const missing = error instanceof ApiError && error.status === 404;
        fill(
          out,
          h(
            "div.notice.error",
            { role: "alert" },
            missing ? "This build of Chipgate has no article reader; the other views work without it." : error.message,
          ),
        );
      }
    }

    function show(raw, found) {
      const { events } = found;
      const count = h("p", { role: "status" });
      const touch = () => {
        count.textContent = `${events.length} events found, ${events.filter((event) => event.on).length} switched on. Published ${found.published || "on an unknown day"} (${words(found.published_basis)}).`;
      };
      const make = h(
        "button.tool.primary",
        { type: "button", id: "make-scenario", disabled: !events.length, onclick: () => scenario(events, found.published, made) },
        "Make a scenario and run it",
      );
      const made = h("div");
      touch();
      fill(
        out,
        h(
          "section.block.stack",
          null,
          h("h3", null, found.title || "The article"),
          count,
          (found.notes || []).map((note) => h("p.muted", null, note)),
          found.on_topic === false
            ? h("div.notice", null, "The article does not seem to speak of accelerators and China.")
            : null,
          events.length
            ? h(
                "div.scroll.tall",
                { tabindex: 0, role: "region", "aria-label": "Events" },
                h(
                  "table",
                  { id: "events" },
                  h("caption", null, "Events with their evidence: correct them, switch them on or off"),
                  h(
                    "thead",
                    null,
                    h(
                      "tr",
                      null,
                      ["use", "event and evidence", "who", "on what", "when, how much"].map((name) =>
                        h("th.text", { scope: "col" }, name),
                      ),
                    ),
                  ),
                  h(
                    "tbody",
                    null,
                    events.map((event, i) => editor(event, i, raw, touch)),
                  ),
                ),
              )
            : h("p.empty", null, "No event found: the text states no act on chips that the reader knows."),
          h("div.row", null, make),
          made,
        ),
        h(
          "details.more",
          { open: true },
          h("summary", null, "The article with its evidence marked"),
          marked(raw, events),
        ),
      );
    }

    async function scenario(events, asOf, made) {
      if (!asOf) {
        fill(made, h("div.notice.error", { role: "alert" }, "Give the day of publication above, and read again."));
        day.focus();
        return;
      }
      try {
        const found = await call("article/scenario", { body: { events, as_of: asOf } });
        app.store.replace({ ...app.meta.default_state, ...found.state, draws: app.store.state.draws }, app.store.state);
        fill(
          made,
          h(
            "div.notice.info",
            { id: "scenario-made" },
            `The scenario runs as of ${found.state.as_of}. Levers set: ${Object.keys(found.state.settings).length}; acts and signals of the article that join the record: ${found.state.acts.length} and ${found.state.signals.length}. The former state is the baseline.`,
            h(
              "button.link",
              { type: "button", onclick: () => app.store.look({ tab: "deliveries" }) },
              "See the deliveries",
            ),
          ),
          (found.notes || []).map((note) => h("p.muted", null, note)),
        );
      } catch (error) {
        fill(made, h("div.notice.error", { role: "alert" }, error.message));
      }
    }

    fill(
      place,
      h("h2.view-title", null, "From a news article to a scenario"),
      h(
        "p.lead",
        null,
        "The reader finds dated acts and their evidence by rules; nothing leaves this machine. You check them, then they set the levers.",
      ),
      h(
        "section.block.stack",
        null,
        labelled("Article", text),
        h(
          "div.controls",
          null,
          labelled("Or a file", file),
          labelled("Published", day),
          h("button.tool.primary", { type: "button", id: "read-article", onclick: read }, "Read"),
        ),
      ),
      out,
    );
    return {};
  },
};
