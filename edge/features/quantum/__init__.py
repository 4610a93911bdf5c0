"""A small quantum circuit over patches of a spectrum, computed exactly and without a simulator."""
