(function () {
  "use strict";
  var packed = JSON.parse(document.getElementById("figures").textContent), figures = packed.figures;
  Object.keys(figures).forEach(function (id) {
    figures[id].data.forEach(function (trace) { if (typeof trace.x === "number") trace.x = packed.x[trace.x]; });
  });
  var config = { displaylogo: false, responsive: true, displayModeBar: false };

  function theme() {
    var style = getComputedStyle(document.documentElement), found = {};
    ["paper", "card", "ink", "muted", "grid", "band", "paper80"].forEach(function (name) {
      found["@" + name] = style.getPropertyValue("--" + name).trim();
    });
    found["@paper"] = found["@card"];
    found.dark = style.getPropertyValue("--dark").trim() === "1";
    return found;
  }

  function coloured(value, colours) {
    if (typeof value === "string") {
      if (value.charAt(0) === "@" && colours[value]) return colours[value];
      if (!colours.dark) return value;
      return value === "#0072B2" ? "#3d9fdb" : value.replace("rgba(0,114,178,", "rgba(61,159,219,");
    }
    if (Array.isArray(value)) return value.map(function (v) { return coloured(v, colours); });
    if (value && typeof value === "object") {
      var copy = {};
      Object.keys(value).forEach(function (key) { copy[key] = coloured(value[key], colours); });
      return copy;
    }
    return value;
  }

  function axis(given, colours) {
    var made = Object.assign({ gridcolor: colours["@grid"], linecolor: colours["@grid"], zerolinecolor: colours["@grid"], automargin: true, tickfont: { size: 11 } }, given);
    made.title = Object.assign({ font: { size: 11, color: colours["@muted"] }, standoff: 6 }, given.title || {});
    return made;
  }

  function layoutOf(figure, colours, width) {
    var given = coloured(figure.layout, colours);
    var legend = figure.data.some(function (t) { return t.showlegend; });
    var layout = Object.assign({}, given, {
      height: figure.height, autosize: true, paper_bgcolor: "rgba(0,0,0,0)", plot_bgcolor: "rgba(0,0,0,0)",
      font: { family: "system-ui, -apple-system, 'Segoe UI', 'Liberation Sans', sans-serif", size: 12, color: colours["@ink"] },
      margin: { l: 48, r: 14, t: 22, b: legend ? 40 : 34 }, showlegend: legend, dragmode: false,
      legend: { orientation: "h", y: -0.16, yanchor: "top", x: 0, font: { size: 12 } },
      hovermode: "closest", hoverlabel: { align: "left", font: { size: 12 } }
    });
    layout.xaxis = axis(given.xaxis || {}, colours);
    layout.yaxis = axis(given.yaxis || {}, colours);
    if (layout.yaxis.type === "log") { layout.yaxis.dtick = 1; layout.yaxis.exponentformat = "SI"; }
    if (layout.xaxis.type === "date") layout.xaxis.nticks = width < 480 ? 5 : 10;
    if (width < 480) layout.annotations = (layout.annotations || []).filter(function (a) { return !a.bgcolor; });
    if (given.yaxis2) layout.yaxis2 = given.yaxis2;
    return layout;
  }

  function draw(id) {
    var place = document.getElementById(id), figure = figures[id], colours = theme();
    return Plotly.react(place, coloured(figure.data, colours), layoutOf(figure, colours, place.clientWidth), config);
  }

  var ids = Object.keys(figures), next = 0;
  function step() {
    var until = performance.now() + 30;
    while (next < ids.length && performance.now() < until) draw(ids[next++]);
    if (next < ids.length) setTimeout(step, 0);
    else document.documentElement.setAttribute("data-drawn", "yes");
  }
  step();

  function again() { next = 0; step(); }
  if (window.matchMedia) {
    var dark = window.matchMedia("(prefers-color-scheme: dark)");
    if (dark.addEventListener) dark.addEventListener("change", again);
  }
  window.addEventListener("beforeprint", function () { ids.forEach(draw); });
  window.addEventListener("afterprint", again);

  function quoted(text) { return /[",\n]/.test(text) ? '"' + text.replace(/"/g, '""') + '"' : text; }
  function plain(text) { return /^-?[\d,]+(\.\d+)?$/.test(text) ? text.replace(/,/g, "") : text === "–" ? "" : text; }
  document.addEventListener("click", function (event) {
    var button = event.target.closest ? event.target.closest("button.csv") : null;
    if (!button) return;
    var name = button.getAttribute("data-for");
    var table = document.querySelector('table[data-file="' + name + '"]');
    var lines = Array.prototype.map.call(table.rows, function (row) {
      return Array.prototype.map.call(row.cells, function (cell) { return quoted(plain(cell.textContent.trim())); }).join(",");
    });
    var link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([lines.join("\r\n") + "\r\n"], { type: "text/csv;charset=utf-8" }));
    link.download = "chipgate-" + name + ".csv";
    document.body.appendChild(link);
    link.click();
    setTimeout(function () { URL.revokeObjectURL(link.href); link.remove(); }, 1000);
  });
})();
