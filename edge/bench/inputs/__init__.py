"""The input tensors and the simulated signals that models and pipelines are measured on."""
