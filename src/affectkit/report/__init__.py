"""HTML reports: what an analysis found, for people to read."""

from affectkit.report.batch_index import write_index as write_index
from affectkit.report.page import write_report as write_report
from affectkit.report.prose import summary as summary
from affectkit.report.table_page import table_summary as table_summary
from affectkit.report.table_page import write_table_report as write_table_report

__all__ = ["summary", "table_summary", "write_index", "write_report", "write_table_report"]
