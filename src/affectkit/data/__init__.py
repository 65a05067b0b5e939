"""Readers for public data sets: one table each, and the facts a careful user needs."""

from affectkit.data.dataset import DataFacts as DataFacts
from affectkit.data.dataset import DataSet as DataSet
from affectkit.data.dataset import data_root as data_root
from affectkit.data.dataset import names as names
from affectkit.data.dataset import read as read

__all__ = ["DataFacts", "DataSet", "data_root", "names", "read"]
