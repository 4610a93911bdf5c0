"""A model and what belongs to it, in one file."""
