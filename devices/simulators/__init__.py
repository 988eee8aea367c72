"""Twins of real devices, on ptys and TCP, speaking the same bytes: a hall trains and tests with them."""
