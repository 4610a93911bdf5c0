"""The quanvolution: a small quantum circuit over patches of a spectrogram, in closed form.

quanvolution  the stage: patches, circuit, expectation values as channels
circuit       gates and observables, and their description in a manifest
gates         matrices of the gates, and their maps of Pauli strings (Heisenberg picture)
closed_form   the circuit as a sum of products of cosines and sines
"""
