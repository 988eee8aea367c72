"""The one service that decides: engine, event log, push. Small, fast, nothing else in it."""
