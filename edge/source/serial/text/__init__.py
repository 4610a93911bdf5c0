"""Lines of text from any sketch: columns, units and rate are detected from the rows themselves."""
