"""Measure what the live commands cost: CPU time, wake-ups and delay, on input in real time."""
