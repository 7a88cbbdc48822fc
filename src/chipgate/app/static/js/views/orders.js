/** The order book of one chip: ordered, pulled forward, cancelled, waiting, in stock. */

import { h, fill, choice, labelled } from "../dom.js";
import { Charts, fanOf, hue, liveKeys } from "../kit.js";

const METRICS = ["order_book", "orders", "orders_ahead", "cancelled", "maker_stock", "units_delivered"];

export default {
  id: "orders",
  tab: "Order book",
  group: "Market",
  metrics: METRICS,
  mount(place, app) {
    const specs = () => {
      const offer = app.store.view.offer || "h20_legal";
      return [
        fanOf("order_book", offer, "Orders not yet delivered", hue("blue"), { wide: true, height: 340, marks: true }),
        fanOf("orders", offer, "New orders", hue("blue")),
        fanOf("orders_ahead", offer, "Orders for fear of a closure", hue("orange")),
        fanOf("cancelled", offer, "Orders cancelled", hue("vermilion")),
        fanOf("units_delivered", offer, "Delivered", hue("green")),
        fanOf("maker_stock", offer, "Chips in the maker's stock for China", hue("purple")),
      ];
    };
    const charts = new Charts(app, specs);
    const picker = h("div.controls");
    const waiting = h("p.loading", null, "Simulating the first draws …");
    fill(
      place,
      h("h2.view-title", null, "The order book"),
      h(
        "p.lead",
        null,
        "Buyers order from desired spending; what the gates do not let through waits or is cancelled; a feared closure pulls orders forward.",
      ),
      picker,
      waiting,
      charts.element,
    );
    return {
      update(run, base) {
        waiting.remove();
        const offers = (run.bands.axes.offer || []).filter(
          (one) => one.route === "legal" || liveKeys(run.bands, "orders").includes(one.id),
        );
        const key = offers.map((one) => one.id).join();
        if (picker.dataset.key !== key) {
          picker.dataset.key = key;
          fill(
            picker,
            labelled(
              "Chip",
              choice(
                offers.map((one) => [one.id, one.label]),
                app.store.view.offer || "h20_legal",
                (id) => {
                  app.store.look({ offer: id });
                  app.refresh();
                },
              ),
            ),
          );
        }
        return charts.update(run, base);
      },
    };
  },
};
