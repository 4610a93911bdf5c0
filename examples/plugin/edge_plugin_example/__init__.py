"""A source and a sink for edge-sense, found through the entry points of this package."""
