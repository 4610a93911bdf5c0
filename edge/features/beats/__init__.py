"""Features of heartbeats in an ECG.

grid      evenly spaced samples
filters   FIR filters for a stream
detector  finds the beats
rhythm    how a beat fits the intervals between the beats before it
shape     how a beat differs from the usual beat of the patient
windows   BeatFeatures: all of these, from samples to model inputs
"""
