"""A simulated heart, and the noise of electrodes on the skin."""
