"""Enrol words: from some takes of each word to a model file that recognises them, in seconds.

The shipped embedding network (`embedding_file`, `embedding`) turns each take into a sequence of
embeddings. `takes` reads and checks the takes, `calibration` finds for each word the distance at
which other speech causes few false accepts, `report` says what can be expected, and
`enrolled_model` makes the model file. There is no training: NumPy and a TFLite runtime are enough.
"""
