"""A whole hall on one machine: the real processes, with simulated devices in place of the hardware.

`setup` prepares the hall in a folder of its own, `process_group` starts the processes and waits until each is ready,
`robots` are applicants and clerks, `interactive` passes typed lines to the simulated devices, `checked_visit` takes one
visit through everything and checks it, `runner` puts these together.
"""
