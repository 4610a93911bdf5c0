"""The microcontroller side: Arduino sketches, simulated boards that run them, export of a model."""
