"""The Python API: what `import edge` offers. The commands use the same chain and the same sources.

`recognizer` takes blocks of samples, `listener` reads a source, `classification` reads a file.
"""
