"""Emulated sensor chips on an emulated I2C bus, for tests and simulated boards."""
