"""Benchmark models: jobs -> worker processes -> aggregate -> record -> tables, plot, compare."""
