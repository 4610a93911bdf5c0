"""Programs of others that listen for words, measured beside ours: on one sound, in one run.

Each peer is a process in an environment of its own (`environments`), which is handed sound on its
standard input (`sounds`), and is asked the same (`measure`); `report` compares.
"""
