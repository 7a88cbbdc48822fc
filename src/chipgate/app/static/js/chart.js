/** A chart with all that stands beside it: unit, badge, formula and sources, table, files, caption, events. */

import { h, svg, fill, outside } from "./dom.js";
import { dayWord } from "./format.js";
import { savePicture, show } from "./plot.js";
import { notify } from "./notice.js";

/**
 * @typedef {{columns: string[], rows: Array<Array<string>>}} Table
 * @typedef {{make: () => {data: any[], layout: any}, caption: string, table: () => Table, marks?: any[], alt?: string}} Content
 */

/** Badge of a figure: how it is known. */
export function badge(kind) {
  const means = {
    reported: "stated by a company, a government or the press",
    estimated: "estimated by an analyst or tracker",
    derived: "computed by the model from other figures",
    assumed: "our own judgement, with a range",
  };
  return h("span.badge", { class: kind, title: means[kind] || kind }, kind);
}

/** A real table that screen readers can walk. @param {Table} table */
export function tableOf(table, caption) {
  const body = table.rows.slice(0, 1500).map((row) =>
    h(
      "tr",
      null,
      row.map((cell, i) => (i === 0 ? h("th", { scope: "row" }, cell) : h("td", null, cell))),
    ),
  );
  return h(
    "div.scroll",
    { tabindex: "0", role: "region", "aria-label": caption },
    h(
      "table",
      null,
      h("caption", null, caption),
      h(
        "thead",
        null,
        h(
          "tr",
          null,
          table.columns.map((name) => h("th", { scope: "col" }, name)),
        ),
      ),
      h("tbody", null, body),
    ),
  );
}

/** A chart's card. `files` names what the server can give as CSV and Parquet; `explain` opens formula and sources. */
export class Chart {
  /** @param {{id: string, title: string, unit?: string, badge?: string, wide?: boolean, height?: 200|280|340|420|520, explain?: (() => void)|null, files?: ((format: string) => void)|null}} given */
  constructor(given) {
    this.given = given;
    this.content = /** @type {Content|null} */ (null);
    this.plot = h(`div.plot.h${given.height || 280}`, { role: "img", "aria-label": `${given.title}: loading` });
    this.caption = h("figcaption", { text: "Waiting for the first draws …" });
    this.marks = h("details.more", { hidden: true });
    this.tableBox = h("div", { hidden: true });
    this.tableButton = h(
      "button",
      {
        type: "button",
        "aria-pressed": "false",
        "aria-label": `Table of ${given.title}`,
        onclick: () => this.toggleTable(),
      },
      "Table",
    );
    this.unit = h("span.unit", null, given.unit || "");
    this.element = h(
      "figure.chart",
      { class: given.wide ? "wide" : "", id: `chart-${given.id}` },
      h(
        "div.chart-head",
        null,
        h(
          "div",
          null,
          h("h3", null, given.title),
          h("div.row", null, this.unit, given.badge ? badge(given.badge) : null),
        ),
        h(
          "div.chart-tools",
          null,
          given.explain
            ? h(
                "button",
                { type: "button", "aria-label": `Formula and sources of ${given.title}`, onclick: given.explain },
                "Sources",
              )
            : null,
          this.tableButton,
          this.menu(),
        ),
      ),
      this.plot,
      this.tableBox,
      this.caption,
      this.marks,
    );
  }

  menu() {
    const item = (text, act) =>
      h(
        "button",
        {
          type: "button",
          onclick: (event) => {
            event.target.closest("details").open = false;
            act();
          },
        },
        text,
      );
    const picture = (format) => () =>
      savePicture(this.plot, format, this.given.id, this.given.title).catch((error) => notify(error.message, "error"));
    const { files } = this.given;
    return h(
      "details.menu",
      {
        onkeydown: (event) => {
          if (event.key === "Escape") {
            event.currentTarget.open = false;
            event.currentTarget.firstChild.focus();
          }
        },
        onfocusout: (event) => {
          if (event.relatedTarget && !event.currentTarget.contains(event.relatedTarget))
            event.currentTarget.open = false;
        },
      },
      h("summary", { "aria-label": `Save ${this.given.title}` }, "Save"),
      h(
        "div",
        null,
        files
          ? [item("CSV, all figures", () => files("csv")), item("Parquet, all figures", () => files("parquet"))]
          : item("CSV, this table", () => this.saveTable()),
        item("PNG picture", picture("png")),
        item("SVG picture", picture("svg")),
      ),
    );
  }

  /** @param {Content} content @returns {Promise<void>} */
  set(content) {
    this.content = content;
    this.caption.textContent = content.caption;
    this.plot.setAttribute(
      "aria-label",
      `${this.given.title}. ${content.alt || content.caption} The table has all figures.`,
    );
    if (!this.tableBox.hidden) this.fillTable();
    this.fillMarks(content.marks || []);
    return this.plot.hidden ? Promise.resolve() : show(this.plot, content.make);
  }

  /** Say why there is nothing to show. */
  empty(text) {
    this.content = null;
    this.caption.textContent = text;
    this.plot.setAttribute("aria-label", `${this.given.title}. ${text}`);
    return show(this.plot, () => ({ data: [], layout: { xaxis: { visible: false }, yaxis: { visible: false } } }));
  }

  toggleTable() {
    const open = this.tableBox.hidden;
    this.tableBox.hidden = !open;
    this.plot.hidden = open;
    this.tableButton.setAttribute("aria-pressed", String(open));
    if (open) this.fillTable();
    else if (this.content) show(this.plot, this.content.make);
  }

  fillTable() {
    fill(
      this.tableBox,
      this.content ? tableOf(this.content.table(), this.given.title) : h("p.empty", null, "No figures yet."),
    );
  }

  fillMarks(marks) {
    this.marks.hidden = !marks.length;
    const key = marks.map((mark) => mark.id).join();
    if (!marks.length || this.marks.dataset.key === key) return;
    this.marks.dataset.key = key;
    fill(
      this.marks,
      h("summary", null, `${marks.length} events on the axis`),
      h(
        "ol.marks",
        null,
        marks.map((mark, i) =>
          h(
            "li",
            null,
            h("b", null, `${i + 1}. ${dayWord(mark.day)}, ${mark.who}: `),
            mark.text,
            " ",
            mark.urls.map((url) => [outside(url), " "]),
          ),
        ),
      ),
    );
  }

  saveTable() {
    if (!this.content) {
      notify("This chart has no figures yet.", "error");
      return;
    }
    const { columns, rows } = this.content.table();
    const quoted = (cell) => (/[",\n]/.test(cell) ? `"${cell.replace(/"/g, '""')}"` : cell);
    import("./plot.js").then(({ saveText }) =>
      saveText(
        [columns, ...rows].map((row) => row.map((cell) => quoted(String(cell))).join(",")).join("\r\n"),
        `${this.given.id}.csv`,
        "text/csv",
      ),
    );
  }
}

/** Close any open menu when the reader points elsewhere. */
document.addEventListener("pointerdown", (event) => {
  document.querySelectorAll("details.menu[open]").forEach((menu) => {
    if (!menu.contains(event.target)) menu.open = false;
  });
});

/** Put a legend of the bands once above a view's charts. */
export function bandLegend(compared) {
  return h(
    "p.legend",
    { "aria-hidden": "true" },
    key("rgba(0,114,178,.62)", "50 %"),
    key("rgba(0,114,178,.36)", "80 %"),
    key("rgba(0,114,178,.17)", "90 % of draws"),
    key("var(--band)", "history, 80 %"),
    compared ? key("var(--ghost)", "baseline, 80 %") : null,
    h("span", null, "numbers: policy events"),
  );
}

function key(colour, text) {
  return h(
    "span",
    null,
    svg("svg", { viewBox: "0 0 22 11" }, svg("rect", { width: 22, height: 11, rx: 2, fill: colour })),
    text,
  );
}
