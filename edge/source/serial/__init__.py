"""Boards on a serial port. The source finds out whether a board sends frames or lines of text."""
