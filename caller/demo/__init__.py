"""A whole hall on one machine: the real processes, with simulated devices in place of the hardware.

`stage` sets the hall up in a folder of its own, `troupe` starts the processes and waits until each is ready,
`crowd` is robot applicants and clerks, `visit` is one visit taken through everything and checked.
"""
