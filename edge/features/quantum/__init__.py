"""The quanvolution: a small quantum circuit over patches of a spectrogram, in closed form."""
