"""Readers for public data sets: one table each, and the facts a careful user needs."""

from affectkit.data.dataset import DataFacts as DataFacts
from affectkit.data.dataset import DataSet as DataSet
from affectkit.data.dataset import data_root as data_root
from affectkit.data.dataset import facts as facts
from affectkit.data.dataset import names as names
from affectkit.data.dataset import read as read
from affectkit.data.integrity import check as check
from affectkit.data.integrity import leaks_of as leaks_of
from affectkit.data.integrity import present as present

__all__ = ["DataFacts", "DataSet", "check", "data_root", "facts", "leaks_of", "names", "present"]
__all__ += ["read"]
