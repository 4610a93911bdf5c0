"""Takes of a motion sensor: one stroke each."""
