"""What the exported sketch contains besides its C code: the model, and strokes for a self-test."""
