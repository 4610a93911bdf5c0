"""Sizes and latencies of known convolutional networks: which of them fit on a Raspberry Pi."""
