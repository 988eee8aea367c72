"""The simulated hall: the real engine on virtual time, no sleeping, no log.

`scenario` says who comes and how long they take, `random_outcomes` turns a seed into visitors, `run` drives the hall,
`figures` sums up. Theory, what-if, replay of a real day and staffing advice all run this one hall.
"""
