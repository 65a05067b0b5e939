"""HTML reports: what an analysis found, for people to read."""

from affectkit.report.batch_index import write_index as write_index
from affectkit.report.page import write_report as write_report
from affectkit.report.prose import summary as summary
from affectkit.report.ratings_page import ratings_lines as ratings_lines
from affectkit.report.ratings_page import write_ratings_report as write_ratings_report
from affectkit.report.table_page import table_summary as table_summary
from affectkit.report.table_page import write_table_report as write_table_report

__all__ = ["ratings_lines", "summary", "table_summary", "write_index", "write_ratings_report"]
__all__ += ["write_report", "write_table_report"]
