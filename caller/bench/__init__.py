"""`hallcall bench`: the product against the floor it stands on, measured in turns in the same run.

A floor is what the same disk and sockets do with nothing of ours in between. Ratios travel between machines;
raw figures do not. Everything here works from an installed package and cleans up after itself.
"""
