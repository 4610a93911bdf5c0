"""Features of heartbeats in an ECG.

grid      evenly spaced samples
filters   FIR filters for a stream
detector  finds the beats
rhythm    how a beat fits the intervals between the beats before it
sinus     how a beat fits the rhythm of the sinus, which early beats do not change
shape     how a beat differs from the usual beat of the patient
p_wave    the P wave of a beat, on the T wave of the beat before
windows   BeatFeatures: all of these, from samples to model inputs
"""
