"""Simulated speech, for --mock and for training.

speaker     Speaker and the words that one can say
utterances  words and numbers with pauses, and their ground truth
vocoder     speech from pitch and spectral envelopes
voice_data  the words of a few voices, as parameters of the vocoder
room        reverberation and background noise
"""
