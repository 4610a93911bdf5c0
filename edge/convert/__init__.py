"""Conversion of a trained network to a model file: full int8, with its manifest.

specification  what a user says about the input, and the `input` of a manifest
network        reads Keras, SavedModel, ONNX and TFLite files as one float function
onnx_graph     an ONNX graph as a TensorFlow function; onnx_operators has its operators, with those
               of onnx_lstm, onnx_resize and onnx_slices
quantise       int8 networks of that function
examples       the windows of recordings, which set the int8 ranges
compare        the float and the int8 network on the same windows, as a whole and layer by layer
operators      what the runtimes lack
compact        removes from a TFLite file what no runtime needs
convert        all of these

The modules need TensorFlow (the extra `training`); of edge, only the command edge-convert imports
them.
"""
