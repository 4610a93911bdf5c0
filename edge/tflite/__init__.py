"""TFLite files: read them, check them before a runtime loads them, and run them with NumPy alone.

`network.py` reads a file, `verify.py` checks it, and `interpreter/` runs it.
"""
