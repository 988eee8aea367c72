"""Bad input by a seed: what broken lines, careless hands and attackers send, against the real rooms.

`offline` throws it at decoders and readers, `online` at a running hall. A target raises for what must not happen.
"""
