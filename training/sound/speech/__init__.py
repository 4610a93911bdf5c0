"""Machine voices: words as sound, with the times of their phones."""
