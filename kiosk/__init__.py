"""One citizen's terminal: the visit machine, what the slip says, and the faces that show it."""
