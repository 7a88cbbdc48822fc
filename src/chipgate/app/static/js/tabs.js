/** Tabs of the views: arrow keys move, the chosen one alone is in the order of the Tab key. */

import { h, fill, byId } from "./dom.js";

/** @param {Array<{id: string, tab: string, group: string}>} views @param {(id: string) => void} onpick */
export function buildTabs(views, onpick) {
  const groups = [...new Set(views.map((view) => view.group))];
  fill(
    byId("tabs"),
    h(
      "div",
      { role: "tablist", "aria-label": "Views" },
      groups.map((group) =>
        h(
          "div.tabrow",
          { role: "presentation" },
          h("span", { "aria-hidden": "true" }, group),
          views
            .filter((view) => view.group === group)
            .map((view) =>
              h(
                "button.tab",
                {
                  type: "button",
                  role: "tab",
                  id: `tab-${view.id}`,
                  "aria-controls": "panel",
                  "aria-selected": "false",
                  tabindex: -1,
                  onclick: () => onpick(view.id),
                },
                view.tab,
              ),
            ),
        ),
      ),
    ),
  );
  byId("tabs").addEventListener("keydown", (event) => {
    const all = [...byId("tabs").querySelectorAll("[role=tab]")];
    const at = all.indexOf(document.activeElement);
    const to = {
      ArrowRight: at + 1,
      ArrowDown: at + 1,
      ArrowLeft: at - 1,
      ArrowUp: at - 1,
      Home: 0,
      End: all.length - 1,
    }[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    const next = all[(to + all.length) % all.length];
    next.focus();
    next.click();
  });
}

/** Mark the tab of the view that is shown. */
export function pressTab(id) {
  byId("tabs")
    .querySelectorAll("[role=tab]")
    .forEach((tab) => {
      const mine = tab.id === `tab-${id}`;
      tab.setAttribute("aria-selected", String(mine));
      tab.tabIndex = mine ? 0 : -1;
      if (mine && tab.parentElement.scrollWidth > tab.parentElement.clientWidth) {
        tab.parentElement.scrollLeft = Math.max(0, tab.offsetLeft - tab.parentElement.offsetLeft - 40);
      }
    });
  byId("panel").setAttribute("aria-labelledby", `tab-${id}`);
}
