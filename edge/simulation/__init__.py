"""The physical world in software: digits as people write them, an arm that moves, a sensor chip."""
