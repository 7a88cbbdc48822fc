/** Colours of the charts: those of the report (after Okabe and Ito), lighter on a dark page. */

const LIGHT = {
  blue: "#0072B2",
  vermilion: "#D55E00",
  green: "#009E73",
  orange: "#E69F00",
  purple: "#CC79A7",
  sky: "#56B4E9",
  olive: "#A6A14E",
  grey: "#8C8C8C",
};
const DARK = { ...LIGHT, blue: "#3D9FDB", vermilion: "#F07F33", green: "#1FBF93" };

/** Read the page's colours anew; they change with the reader's scheme. */
export function theme() {
  const style = getComputedStyle(document.documentElement);
  const read = (name) => style.getPropertyValue(`--${name}`).trim();
  const dark = read("dark") === "1";
  const hue = dark ? DARK : LIGHT;
  return {
    dark,
    hue,
    ink: read("ink"),
    muted: read("muted"),
    grid: read("grid"),
    card: read("card"),
    band: read("band"),
    ghost: read("ghost"),
    ghostline: read("ghostline"),
    paper80: read("paper80"),
    series: [hue.blue, hue.vermilion, hue.green, hue.orange, hue.purple, hue.sky, hue.olive, hue.grey],
    gate: { washington: hue.blue, beijing: hue.vermilion, supply: hue.orange, demand: hue.green, delivered: hue.green },
    route: { legal: hue.blue, grey: hue.purple, domestic: hue.vermilion, rented_abroad: hue.green, rented: hue.green },
    input: { packaging: hue.green, dies: hue.blue, memory: hue.vermilion },
    workload: { training: hue.blue, inference: hue.orange },
    actor: { US: hue.blue, CN: hue.vermilion, NL: hue.purple },
  };
}

/** A colour with an opacity. @param {string} colour `#rrggbb` */
export function tint(colour, alpha) {
  const [red, green, blue] = [1, 3, 5].map((i) => parseInt(colour.slice(i, i + 2), 16));
  return `rgba(${red},${green},${blue},${alpha})`;
}

/** Call back when the reader's scheme changes. */
export function onScheme(call) {
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", call);
}
