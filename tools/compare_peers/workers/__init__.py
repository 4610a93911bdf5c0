"""One script a peer. It reads sound from stdin, and writes what it counted to $PEER_REPORT.

Each runs in the environment of its peer, so it imports nothing but that peer and what Python has.
"""
