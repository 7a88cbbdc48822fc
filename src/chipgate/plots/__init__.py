"""Charts as plain data: traces and layout for plotly.js, the table behind them, and what to say beside them."""

from chipgate.plots.bars import cumulative, intervals, months_bars
from chipgate.plots.chart import Chart, Mark, Table
from chipgate.plots.fan import fan, lines
from chipgate.plots.stack import stack

__all__ = ["Chart", "Mark", "Table", "cumulative", "fan", "intervals", "lines", "months_bars", "stack"]
