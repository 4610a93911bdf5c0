"""The commands that users start: one module each, with its help as the docstring."""
