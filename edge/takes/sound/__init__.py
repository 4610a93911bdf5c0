"""Takes of a microphone: one word each."""
