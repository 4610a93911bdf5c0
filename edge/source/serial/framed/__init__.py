"""The binary protocol of this project's firmware: messages, framing, and the stream of samples."""
