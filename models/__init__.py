"""The models that a wheel carries as `edge.shipped`; one is chosen by the name of its file."""
