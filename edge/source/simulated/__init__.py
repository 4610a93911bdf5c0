"""Simulated people as sources: a hand that draws digits, and a voice at a microphone (`--mock`)."""
