"""Microphones through PortAudio: choosing a device, the open stream, its faults, and the source."""
