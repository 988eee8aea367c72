"""The city's centre: the logs of many halls in one PostgreSQL database, and their records folded from them.

1. `taking` keeps what halls send: each row once, each log in one unbroken chain. Durable before it is answered.
2. `folding` follows the kept logs, site by site in turn, by the projection that a hall uses for itself (`caller.records`).
3. A hall never waits for any of it, and the centre asks a hall for nothing but the rows behind the last it has.
"""
