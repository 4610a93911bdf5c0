"""Features of sound: a sliding window over a mel spectrogram, while there is sound.

windows        SoundFeatures, from chunks to windows
specification  the keys of a manifest's `input`
front_end      FrontEnd, the parameters of a spectrogram and its computation
streaming      StreamingFrontEnd, the same for samples that arrive in chunks
mel            mel bands and the DCT for MFCC
level_gate     the noise floor, and whether there is sound above it
stage          the stage between front end and network: none, or a quanvolution
row_buffer     the newest rows, from which windows are cut
window_length  samples in a window, and clips padded or cropped to it
"""
