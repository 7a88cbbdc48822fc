/** Share, reproduce and report: the dialogs of the top bar. */

import { h, fill } from "./dom.js";
import { call, work } from "./api.js";
import { copyable, dialog } from "./dialog.js";
import { linkOf } from "./share.js";
import { saveText, saveUrl } from "./plot.js";

/** The link to the page as it stands. */
export function openShare(app) {
  dialog(
    "Share",
    h(
      "p",
      null,
      "The link holds the scenario, every lever, the baseline and the view. Who opens it sees the same figures, with the same engine and data; if either has moved, the page says so.",
    ),
    copyable("Link", linkOf(app.store.page, app.meta), { id: "share-link" }),
    h("p.muted", null, `Engine ${app.meta.engine_version}, data ${app.meta.data_version}.`),
  );
}

/** Command line and Python that give the same numbers. */
export async function openReproduce(app) {
  const body = h("div.stack", null, h("p.loading", null, "Writing the commands …"));
  dialog("Reproduce", body);
  try {
    const found = await call("reproduce", { body: { state: app.store.state, baseline: app.store.baseline } });
    const part = (title, one) =>
      one
        ? [
            h("h3", null, title),
            one.cli ? copyable("Command line", one.cli.join("\n")) : null,
            one.python ? copyable("Python", one.python) : null,
          ]
        : [];
    fill(
      body,
      h(
        "p",
        null,
        "The page computes nothing of its own: the same scenario, draws and seed give the same numbers here.",
      ),
      part("This scenario", found),
      part("The baseline", found.baseline),
      found.compare ? [h("h3", null, "The comparison"), copyable("Command line", found.compare.cli.join("\n"))] : null,
      h(
        "details.more",
        null,
        h("summary", null, "As a scenario file"),
        copyable("YAML", found.scenario_yaml),
        h(
          "button.tool",
          { type: "button", onclick: () => saveText(found.scenario_yaml, "mine.yaml", "application/yaml") },
          "Save mine.yaml",
        ),
      ),
      h("p.muted", null, `Engine ${found.engine_version}, data ${found.data_version}.`),
    );
  } catch (error) {
    fill(body, h("div.notice.error", null, error.message));
  }
}

/** The standalone HTML report, made by the server. */
export async function openReport(app) {
  const abort = new AbortController();
  const bar = h("progress", { "aria-label": "Progress of the report" });
  const said = h(
    "p",
    { role: "status" },
    "Making the report: some seconds for a run that is already here, longer for a new one.",
  );
  const body = h("div.stack", null, said, bar);
  const shown = dialog("Report", body);
  shown.addEventListener("close", () => abort.abort());
  try {
    const found = await work(
      "report",
      { state: app.store.state },
      {
        signal: abort.signal,
        progress: (doc) => {
          if (doc.of) {
            bar.max = doc.of;
            bar.value = doc.done;
          }
        },
      },
    );
    fill(
      body,
      h("p", null, "One HTML file with all charts, tables and sources; it opens without a server."),
      h(
        "p",
        null,
        h("a", { href: found.url, download: found.file, id: "report-link" }, `Save ${found.file}`),
        ` (${(found.bytes / 1e6).toFixed(1)} MB)`,
      ),
    );
    saveUrl(found.url, found.file);
  } catch (error) {
    if (error.name !== "AbortError") fill(body, h("div.notice.error", null, error.message));
  }
}
