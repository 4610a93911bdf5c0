"""One interface to the TFLite runtimes and to onnxruntime."""
