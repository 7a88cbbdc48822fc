/** Which events stand on the axes: the weightiest of each side, as the report chooses them. */

const AUTHORITY = {
  formal_rule: 5,
  formal_order: 5,
  official_statement: 4,
  private_guidance: 3,
  state_media: 2,
  press_report: 1,
};
const WEIGHTY = new Set([
  "license_requirement",
  "license_grant",
  "export_ban_lift",
  "revenue_fee",
  "purchase_ban",
  "security_summons",
  "purchase_discouragement",
  "threshold_rule",
  "volume_cap",
  "customs_block",
]);
const MOST = 4;
const YEAR = 365 * 864e5;

/** @param {any[]} events @param {string[]} months @param {string} asOf @returns {import("./fan.js").Mark[]} */
export function chosenMarks(events, months, asOf) {
  const inside = events.filter(
    (event) =>
      event.date.length === 10 &&
      event.chips?.length &&
      event.date.slice(0, 7) >= months[0] &&
      event.date.slice(0, 7) <= months[months.length - 1],
  );
  const weight = (event) =>
    (AUTHORITY[event.authority] || 0) +
    (WEIGHTY.has(event.instrument) ? 2 : 0) +
    (Date.parse(asOf) - Date.parse(event.date) <= YEAR ? 2 : 0) -
    (event.direction === "neutral" ? 3 : 0);
  const ranked = [...inside].sort((a, b) => weight(b) - weight(a) || b.date.localeCompare(a.date));
  const own = ranked.filter((event) => event.country === "US").slice(0, MOST);
  const others = ranked.filter((event) => event.country !== "US").slice(0, MOST);
  return [...own, ...others]
    .sort((a, b) => a.date.localeCompare(b.date))
    .map((event) => ({
      id: event.id,
      day: event.date,
      country: event.country,
      who: event.actor,
      text: event.summary,
      urls: event.urls || [],
    }));
}
