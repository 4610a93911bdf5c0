"""What runs on the device. The data's way is the layout:

    source -> features -> model -> decision -> sink

`edge.chain` is that sentence as code.
"""

__version__ = "0.1.0"
