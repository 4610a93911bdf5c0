"""What every exported sketch contains: the model, the class that runs it, and examples for a
self-test."""
