/** Elements without innerHTML: text from data is never read as markup. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * Make an element.
 * @param {string} name Tag, with classes after dots: `p.muted`.
 * @param {Object<string, any>|null} [given] Attributes; `on*` are listeners, `text` is text content, `null` and `false` are left out.
 * @param {...(Node|string|null|undefined|false|Array)} children
 * @returns {any}
 */
export function h(name, given, ...children) {
  const [tag, ...classes] = name.split(".");
  const made = document.createElement(tag || "div");
  if (classes.length) made.className = classes.join(" ");
  return dress(made, given, children);
}

/** The same for SVG. @returns {any} */
export function svg(name, given, ...children) {
  return dress(document.createElementNS(SVG, name), given, children);
}

function dress(made, given, children) {
  for (const [key, value] of Object.entries(given || {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (key === "text") made.textContent = String(value);
    else if (key === "class") made.classList.add(...String(value).split(" ").filter(Boolean));
    else if (key in made && (key === "value" || key === "checked" || key === "disabled" || key === "htmlFor"))
      made[key] = value;
    else made.setAttribute(key, value === true ? "" : String(value));
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

/** Put children in place of what an element holds. */
export function fill(place, ...children) {
  place.replaceChildren(
    ...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false),
  );
  return place;
}

/** @param {string} id @returns {any} */
export const byId = (id) => document.getElementById(id);

/** Tell screen readers, once a text differs from the last. */
export function announce(text) {
  const live = byId("live");
  if (live.textContent !== text) live.textContent = text;
}

/** A link to a source outside, opened apart and without a referrer; anything but http(s) stays text. */
export function outside(url, text) {
  if (!/^https?:\/\//i.test(url)) return document.createTextNode(text || url);
  return h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, text || hostOf(url));
}

/** @param {string} url */
export function hostOf(url) {
  try {
    return new URL(url).hostname.replace(/^www\./, "");
  } catch {
    return url;
  }
}

/** A drop-down. @param {Array<[string, string]>} options value and text */
export function choice(options, value, onchange, given = {}) {
  const made = h(
    "select",
    { ...given, onchange: (event) => onchange(event.target.value) },
    options.map(([key, text]) => h("option", { value: key, selected: key === value }, text)),
  );
  made.value = value;
  return made;
}

/** A row of buttons of which one is pressed. */
export function segments(label, options, value, onpick) {
  return h(
    "div.seg",
    { role: "group", "aria-label": label },
    options.map(([key, text]) =>
      h("button", { type: "button", "aria-pressed": String(key === value), onclick: () => onpick(key) }, text),
    ),
  );
}

/** A labelled control for a view's row of controls. */
export const labelled = (text, control) => h("label", null, text, control);

let serial = 0;
/** An id that no other element has. */
export const fresh = (stem) => `${stem}-${++serial}`;

/** Let the browser show what is there before more is drawn; at once where the page is hidden and shows no frames. */
export const frame = () =>
  document.hidden ? Promise.resolve() : new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 0)));
