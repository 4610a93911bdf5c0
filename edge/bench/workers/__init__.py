"""Code that runs in a worker process: one measurement for each process."""
