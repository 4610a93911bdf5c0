"""Read and write model files without a runtime: operators, tensor shapes, multiplications."""
