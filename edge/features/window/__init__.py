"""Features of a model that sees samples: windows of one or more channels.

specification  the input of such a model, as its manifest describes it
grid           evenly spaced samples at the rate of the model
filters        a band-pass filter over a window
scaling        the values of a window as the model was trained on them
windows        WindowFeatures: all of these, from samples to model inputs
"""
