"""One script for each peer: it reads sound from stdin and writes its counts to $PEER_REPORT."""
