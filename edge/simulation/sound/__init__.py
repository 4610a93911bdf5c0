"""Simulated speech: voices, a vocoder, speakers, utterances, and the room they are recorded in."""
