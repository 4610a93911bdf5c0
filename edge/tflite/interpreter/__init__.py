"""An interpreter for int8 TFLite networks in NumPy alone: `Interpreter` in `interpreter.py`.

It has the methods of the interpreter of LiteRT that edge-sense uses. A tensor of int8 is kept as
float32 with the same whole numbers, because NumPy multiplies float32 matrices fastest: the products
and sums of a layer are exact as long as they stay below 2^24, which is checked for each layer.
"""
