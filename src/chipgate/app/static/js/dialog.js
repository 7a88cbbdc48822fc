/** A dialog of the browser's own: traps focus, closes with Escape, gives focus back. */

import { h } from "./dom.js";

/** @param {string} title @param {...any} content @returns {HTMLDialogElement} */
export function dialog(title, ...content) {
  const close = () => made.close();
  const made = h(
    "dialog",
    {
      "aria-label": title,
      onclose: () => made.remove(),
      onclick: (event) => {
        if (event.target === made) close();
      },
    },
    h(
      "div.dialog-head",
      null,
      h("h2", null, title),
      h("button.close", { type: "button", "aria-label": "Close", onclick: close }, "×"),
    ),
    h("div.dialog-body", null, ...content),
  );
  document.body.append(made);
  made.showModal();
  return made;
}

/** A text with a button that copies it. */
export function copyable(label, text, more = {}) {
  const button = h(
    "button.tool",
    {
      type: "button",
      onclick: async () => {
        try {
          await navigator.clipboard.writeText(text);
          button.textContent = "Copied";
        } catch {
          getSelection().selectAllChildren(block);
          button.textContent = "Selected: press Ctrl+C";
        }
      },
    },
    "Copy",
  );
  const block = h("pre", { tabindex: "0", "aria-label": label, ...more }, text);
  return h("div.stack", null, h("div.row", null, h("b", null, label), button), block);
}
