/** The whole state in the URL: `#s=1.` and base64url of JSON, as the server's /api/link writes it. */

/** @param {import("./store.js").Page} page @param {{engine_version: string, data_version: string}} meta */
export function encode(page, meta) {
  const text = JSON.stringify({
    v: 1,
    engine: meta.engine_version,
    data: meta.data_version,
    state: page.state,
    baseline: page.baseline,
    view: page.view,
  });
  const bytes = new TextEncoder().encode(text);
  let binary = "";
  bytes.forEach((byte) => {
    binary += String.fromCharCode(byte);
  });
  return `1.${btoa(binary).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "")}`;
}

/** What stands in the address, or null. */
export function fromAddress() {
  const found = /[#&?]s=([^&]+)/.exec(location.hash) || /[?&]s=([^&]+)/.exec(location.search);
  return found ? decodeURIComponent(found[1]) : null;
}

let timer = 0;
/** Keep the address up to date, not more often than browsers allow. */
export function keepAddress(page, meta) {
  clearTimeout(timer);
  timer = setTimeout(() => history.replaceState(null, "", `${location.pathname}#s=${encode(page, meta)}`), 250);
}

/** The full link to the page as it stands. */
export const linkOf = (page, meta) => `${location.origin}${location.pathname}#s=${encode(page, meta)}`;
