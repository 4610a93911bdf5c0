"""Simulated boards: the sketches run on this computer, with an emulated sensor and serial port."""
