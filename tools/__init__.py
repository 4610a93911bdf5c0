"""Development tools, each started with `python -m tools.NAME`: benchmarks, figures, model files."""
