/** The views, in the order of their tabs. To add one: a file here and a line below. */

import article from "./article.js";
import assumptions from "./assumptions.js";
import buyers from "./buyers.js";
import chips from "./chips.js";
import compare from "./compare.js";
import compute from "./compute.js";
import deliveries from "./deliveries.js";
import domestic from "./domestic.js";
import orders from "./orders.js";
import prices from "./prices.js";
import revenue from "./revenue.js";
import rules from "./rules.js";
import scoreboard from "./scoreboard.js";
import timeline from "./timeline.js";

/**
 * A view: `metrics` that it needs of a run, `mount` that fills its place and returns `update(run, base)`, `changed()` and `destroy()`.
 * @typedef {{id: string, tab: string, group: string, metrics: string[]|((app: any) => string[]), mount: (place: HTMLElement, app: any) => any}} View
 */

/** @type {View[]} */
export const VIEWS = [
  deliveries,
  prices,
  revenue,
  domestic,
  compute,
  buyers,
  orders,
  compare,
  timeline,
  rules,
  chips,
  scoreboard,
  article,
  assumptions,
];
