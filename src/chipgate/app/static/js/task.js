/** Long work in a view: a button, progress, cancel, and plain words where it fails. */

import { h, fill } from "./dom.js";
import { cancel, replaced, work } from "./api.js";

/**
 * @param {{label: string, again?: string, path: string, body: () => any, show: (result: any, place: HTMLElement) => void, auto?: boolean, note?: string}} given
 * @returns {{element: HTMLElement, start: () => Promise<void>, stop: () => void}}
 */
export function task(given) {
  const place = h("div.stack");
  const bar = h("progress", { max: 1, value: 0, hidden: true, "aria-label": given.label });
  const said = h("span.muted", { role: "status" }, given.note || "");
  let abort = null;
  let job = null;
  const stop = () => {
    abort?.abort();
    if (job) cancel(job);
    job = null;
  };
  const halt = h(
    "button.link",
    {
      type: "button",
      hidden: true,
      onclick: () => {
        stop();
        said.textContent = "Cancelled.";
      },
    },
    "Cancel",
  );
  const begin = h("button.tool", { type: "button", onclick: () => start() }, given.label);

  async function start() {
    stop();
    const mine = (abort = new AbortController());
    begin.disabled = true;
    bar.hidden = halt.hidden = false;
    bar.removeAttribute("value");
    said.textContent = "Working …";
    try {
      const found = await work(given.path, given.body(), {
        signal: mine.signal,
        started: (id) => {
          job = id;
        },
        progress: (doc) => {
          if (doc.of) bar.value = doc.done / doc.of;
          said.textContent = doc.queue
            ? `Waiting: ${doc.queue} before this`
            : doc.of
              ? `${doc.done.toLocaleString("en-US")} of ${doc.of.toLocaleString("en-US")} ${doc.unit}`
              : "Working …";
        },
      });
      said.textContent = "";
      job = null;
      await given.show(found, place);
    } catch (error) {
      if (!replaced(error)) {
        said.textContent = "";
        fill(place, h("div.notice.error", { role: "alert" }, error.message));
      }
    } finally {
      if (mine === abort) {
        begin.disabled = false;
        bar.hidden = halt.hidden = true;
        begin.textContent = given.again || given.label;
      }
    }
  }

  if (given.auto) queueMicrotask(start);
  return { element: h("div.stack", null, h("div.row", null, begin, bar, said, halt), place), start, stop };
}
