"""Benchmarks and audits of language models, as Inspect tasks."""
