"""Measure what the live page costs: processor time, delay to the screen, weight, memory."""
