"""PURE. Decides and applies; never awaits, never reads a clock, never touches a file.

Theory of operation: a `Hall` is the fold of its events. `decide` looks at a hall, one command and an
instant, and returns the events that follow or raises a `Refused`; it changes nothing. `apply` takes one
event and cannot refuse: whatever is in the log happened. The same log always gives the same hall.
"""
