/** Figures in words, as the report and the command line say them. */

const NOUNS = {
  chips: "chips",
  dies: "dies",
  stacks: "stacks",
  packages: "packages",
  H100e: "H100-equivalents",
  tokens: "tokens",
};
const SUP = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };
const NBSP = "\u00a0";

const grouped = (value, digits = 0) =>
  value.toLocaleString("en-US", { minimumFractionDigits: digits, maximumFractionDigits: digits });
const plain = (value) => (Math.abs(value) >= 10 || value === Math.round(value) ? grouped(value) : grouped(value, 1));

function power(value) {
  const exponent = Math.floor(Math.log10(Math.abs(value)));
  return `${(value / 10 ** exponent).toFixed(1)} × 10${String(exponent).replace(/./g, (c) => SUP[c])}`;
}

/** Two significant digits: `95,000`, `1.1 million`. */
export function number(value) {
  const size = Math.abs(value);
  if (!Number.isFinite(value)) return "–";
  if (size === 0) return "0";
  if (size < 1) return String(Number(value.toPrecision(2)));
  const rounded = Number(value.toPrecision(2));
  for (const [step, word] of [
    [1e12, "trillion"],
    [1e9, "billion"],
    [1e6, "million"],
  ]) {
    if (Math.abs(rounded) >= step) return size < 1e15 ? `${plain(rounded / step)}${NBSP}${word}` : power(rounded);
  }
  return Math.abs(rounded) >= 10 ? grouped(rounded) : plain(rounded);
}

/** `80 %`; never nought or one hundred for what is neither. */
export function percent(share) {
  if (!Number.isFinite(share)) return "–";
  if (share < 0) return `−${percent(-share)}`;
  if (share === 0) return `0${NBSP}%`;
  if (share < 0.005) return `under 1${NBSP}%`;
  if (share > 0.995 && share < 1) return `over 99${NBSP}%`;
  return `${(100 * share).toFixed(0)}${NBSP}%`;
}

const count = (value) => (Math.abs(value) < 10 ? value.toFixed(0).replace("-0", "0") : number(value));

/** A figure without its noun. @param {number} value @param {string} unit */
export function terse(value, unit) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const base = unit.split("/")[0];
  if (NOUNS[base]) return count(value);
  if (base === "FLOP") return value > 0 ? power(value) : "0";
  if (base === "USD") return Math.abs(value) < 0.5 ? "0" : `${value < 0 ? "−" : ""}${number(Math.abs(value))}`;
  if (base === "fraction" || base === "probability") return percent(value);
  if (base === "level") return value.toFixed(1);
  return Math.abs(value) < 10 ? String(Number(value.toPrecision(2))) : number(value);
}

/** A figure with its unit. */
export function amount(value, unit) {
  const [base, per] = unit.split("/");
  const tail = per ? ` a ${per}` : "";
  const said = terse(value, unit);
  if (base === "USD") return `USD${NBSP}${said}${tail}`;
  if (base === "fraction" || base === "probability" || base === "ratio") return said;
  if (base === "level") return `level ${said}`;
  return `${said} ${NOUNS[base] || base}${tail}`;
}

/** The unit in words, for the head of a chart. */
export function unitWords(unit) {
  const [base, per] = unit.split("/");
  const tail = per ? ` a ${per}` : "";
  if (base === "fraction") return "share";
  if (base === "probability") return "probability";
  if (base === "ratio") return "times";
  if (base === "level") return "level, 0 welcome to 3 blocked";
  return `${NOUNS[base] || base}${tail}`;
}

/** What to divide by so that an axis reads easily, and the unit of the axis. @returns {[number, string]} */
export function scaled(unit, peak) {
  const [base, per] = unit.split("/");
  const tail = per ? ` a ${per}` : "";
  if (base === "fraction" || base === "probability") return [0.01, "%"];
  if (base === "FLOP") {
    const exponent = peak > 0 ? Math.floor(Math.log10(peak)) : 0;
    return [10 ** exponent, `10${String(exponent).replace(/./g, (c) => SUP[c])} FLOP`];
  }
  const noun = base === "ratio" ? "times" : NOUNS[base] || base;
  for (const [step, word] of [
    [1e12, "trillion"],
    [1e9, "billion"],
    [1e6, "million"],
  ]) {
    if (peak >= step) return [step, base === "USD" ? `USD ${word}${tail}` : `${word} ${noun}${tail}`];
  }
  return [1, `${noun}${tail}`];
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];
/** `Sep 2025` for `2025-09`; anything else as it is. */
export function monthWord(month) {
  const found = /^(\d{4})-(\d{2})/.exec(month);
  return found ? `${MONTHS[Number(found[2]) - 1]} ${found[1]}` : month;
}
/** `12 August 2025` for a day; a month or year as it is known. */
export function dayWord(day) {
  const found = /^(\d{4})-(\d{2})-(\d{2})/.exec(day);
  return found ? `${Number(found[3])} ${MONTHS[Number(found[2]) - 1]} ${found[1]}` : monthWord(day);
}

/** A cell of a table: three significant digits or whole, thousands apart. */
export function cell(value) {
  if (value === null || value === undefined || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size >= 1e15) return value.toExponential(2);
  if (size >= 100 || value === Math.round(value)) return grouped(value);
  return size >= 1e-4 ? String(Number(value.toPrecision(3))) : "0";
}
