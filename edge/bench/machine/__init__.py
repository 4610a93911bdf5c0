"""The machine that the measurements run on: its description, its load and clock, its memory."""
