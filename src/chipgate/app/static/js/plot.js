/** The one place that speaks to plotly: loads it once, draws what is in sight, redraws on resize and scheme. */

import { theme, onScheme } from "./theme.js";

let loading = null;
/** Plotly, loaded once from this server. @returns {Promise<any>} */
export function plotly() {
  loading ||= new Promise((resolve, reject) => {
    const script = document.createElement("script");
    script.src = "/vendor/plotly.min.js";
    script.onload = () => resolve(window.Plotly);
    script.onerror = () => {
      loading = null;
      reject(new Error("The chart library did not load; reload the page."));
    };
    document.head.append(script);
  });
  return loading;
}

const wanted = new WeakMap(); // place -> what it should show
const drawn = new WeakMap(); // place -> what it shows
const places = new Set();
const seen = new IntersectionObserver(
  (entries) =>
    entries.forEach((entry) => {
      entry.target.dataset.seen = entry.isIntersecting ? "1" : "";
      if (entry.isIntersecting) flush(entry.target);
    }),
  { rootMargin: "240px" },
);
const sized = new ResizeObserver((entries) =>
  entries.forEach((entry) => {
    const place = entry.target;
    const width = Math.round(entry.contentRect.width);
    if (place.dataset.width === String(width)) return;
    place.dataset.width = String(width);
    if (drawn.has(place)) {
      drawn.delete(place);
      flush(place);
    }
  }),
);

/**
 * Show a figure; drawn at once where it is in sight, else when it comes in sight.
 * @param {HTMLElement} place @param {() => {data: any[], layout: any}} make Called when it is drawn, so that colours are the scheme's.
 * @returns {Promise<void>} settled once it is drawn, or at once where it is out of sight
 */
export function show(place, make) {
  wanted.set(place, make);
  if (!places.has(place)) {
    places.add(place);
    seen.observe(place);
    sized.observe(place);
  }
  const box = place.getBoundingClientRect();
  const near = place.dataset.seen === "1" || (box.width > 0 && box.top < innerHeight + 240 && box.bottom > -240);
  return near ? flush(place) : Promise.resolve();
}

async function flush(place) {
  const make = wanted.get(place);
  if (!make || drawn.get(place) === make || !place.isConnected || !place.clientWidth) return;
  const library = await plotly();
  if (wanted.get(place) !== make || drawn.get(place) === make || !place.isConnected) return;
  drawn.set(place, make);
  const { data, layout } = make();
  await library.react(place, data, dressed(layout, data, place), {
    displaylogo: false,
    displayModeBar: false,
    responsive: false,
  });
  place.querySelector("svg.main-svg")?.parentElement.setAttribute("aria-hidden", "true");
}

/** Forget places that are gone, so that plotly's data can be freed. */
export function sweep() {
  for (const place of places) {
    if (place.isConnected) continue;
    places.delete(place);
    seen.unobserve(place);
    sized.unobserve(place);
    if (window.Plotly && drawn.has(place)) window.Plotly.purge(place);
  }
}

function axis(given, colours) {
  return {
    gridcolor: colours.grid,
    linecolor: colours.grid,
    zerolinecolor: colours.grid,
    automargin: true,
    tickfont: { size: 11, color: colours.muted },
    fixedrange: true,
    ...given,
    title: { font: { size: 11, color: colours.muted }, standoff: 8, ...(given.title || {}) },
  };
}

function dressed(layout, data, place) {
  const colours = theme();
  const width = place.clientWidth;
  const legend = data.some((trace) => trace.showlegend === true);
  const made = {
    ...layout,
    width,
    height: place.clientHeight,
    paper_bgcolor: "rgba(0,0,0,0)",
    plot_bgcolor: "rgba(0,0,0,0)",
    font: {
      family: "system-ui, -apple-system, 'Segoe UI', 'Liberation Sans', sans-serif",
      size: 12,
      color: colours.ink,
    },
    margin: { l: 50, r: 14, t: 24, b: legend ? 66 : 36, ...(layout.margin || {}) },
    showlegend: legend,
    dragmode: false,
    hovermode: layout.hovermode || "closest",
    legend: { orientation: "h", y: -0.17, yanchor: "top", x: 0, font: { size: 11.5 }, ...(layout.legend || {}) },
    hoverlabel: {
      align: "left",
      font: { size: 12, color: colours.ink },
      bgcolor: colours.card,
      bordercolor: colours.muted,
    },
    xaxis: axis(layout.xaxis || {}, colours),
    yaxis: axis(layout.yaxis || {}, colours),
  };
  if (made.xaxis.type === "date" && !made.xaxis.dtick) made.xaxis.nticks = width < 480 ? 5 : 9;
  if (layout.yaxis2) made.yaxis2 = { ...axis({}, colours), ...layout.yaxis2 };
  return made;
}

/** Save a drawn chart as a picture. @param {"png"|"svg"} format */
export async function savePicture(place, format, name, title) {
  const library = await plotly();
  const make = wanted.get(place);
  if (!make) throw new Error("This chart has no figure yet; wait for the first draws.");
  const colours = theme();
  const { data, layout } = make();
  const full = dressed(layout, data, place);
  const picture = {
    data,
    layout: {
      ...full,
      width: 1100,
      height: 620,
      paper_bgcolor: colours.card,
      title: { text: title.replace(/[<>]/g, " "), font: { size: 17 }, x: 0.02, xanchor: "left" },
      margin: { ...full.margin, t: 66, l: 76, b: 96 },
    },
  };
  const url = await library.toImage(picture, { format, width: 1100, height: 620, scale: format === "png" ? 2 : 1 });
  saveUrl(url, `${name}.${format}`);
}

/** Hand a file to the reader. */
export function saveUrl(url, name) {
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
}

/** Hand a text to the reader as a file. */
export function saveText(text, name, type) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  saveUrl(url, name);
  setTimeout(() => URL.revokeObjectURL(url), 10000);
}

onScheme(() => {
  for (const place of places) {
    drawn.delete(place);
    flush(place);
  }
});
