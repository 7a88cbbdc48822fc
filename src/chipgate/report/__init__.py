"""The report of a run: one standalone HTML page for readers who are no modellers."""

from chipgate.report.document import report_html

__all__ = ["report_html"]
