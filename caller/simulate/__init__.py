"""The simulated hall: the real engine on virtual time, no sleeping, no log.

`scenario` says who comes and how long they take, `draws` turns a seed into arrivals and times, `run` drives
the hall, `figures` sums up. Theory, what-if, replay of a real day and staffing advice all run this one hall.
"""
