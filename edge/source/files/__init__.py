"""Sources that play recordings (motion, sound) or read raw sound from a pipe."""
