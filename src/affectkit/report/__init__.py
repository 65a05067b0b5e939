"""HTML reports: what an analysis found, for people to read."""

from affectkit.report.batch_index import write_index as write_index
from affectkit.report.page import write_report as write_report
from affectkit.report.prose import summary as summary

__all__ = ["summary", "write_index", "write_report"]
