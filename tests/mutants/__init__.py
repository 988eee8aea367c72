"""Does a test notice? Small faults put into a copy of the engine, one at a time; see `python -m tests.mutants`."""
