"""Test instrument: `hallcall` whose right to write a database is not guarded, so that tests see what the guards are for.

Off are all four: the lock of the session, the term of the holder, the head that a commit follows, and the key of the table.
"""

from caller.cli.main import main
from caller.eventlog.stores import held_postgres, postgres_session, write_right

write_right.TRY = "select true"
write_right.BEAT = write_right.BEAT.replace("where term = %s", "where %s > 0")
held_postgres.ADD = held_postgres.ADD.replace("where term = %s", "where %s > 0").replace(
    "and value = %s and", "and %s::text is not null and"
)
postgres_session.TABLES = postgres_session.TABLES.replace(
    "seq bigint primary key, at bigint not null, command", "seq bigint, at bigint not null, command"
)

if __name__ == "__main__":
    main()
