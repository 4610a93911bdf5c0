"""Compare kws-listen with other programs that detect words: CPU, memory, start and accuracy."""
