"""What a model costs on this machine, measured so that it can be believed and compared."""
