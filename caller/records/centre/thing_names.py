"""The names that halls give to their queues, windows, items, departments and reasons, kept beside logs that know them by ids alone.

A hall's own page shows its own names. Where one item stands in many halls, by the same code, it bears the name that a hall gave it
last. No person is named here.
"""

from collections.abc import Iterable

import msgspec

from caller.records.centre.sites import explained
from caller.records.stores.postgres import PostgresConnection, run
from config.hall_names import NameLang, NamesById, NamesInBoth, digest_of

_names = msgspec.json.Decoder(NamesInBoth)


def keep(connection: PostgresConnection, site: str, names: NamesInBoth) -> str:
    """Keep the names of a hall, instead of those before; return their digest. Call in a transaction. Raises `psycopg.Error`."""
    digest = digest_of(names)
    run(
        connection,
        "insert into site_names (site, digest, body) values (%s, %s, %s)"
        " on conflict (site) do update set digest=excluded.digest, body=excluded.body",
        (site, digest, msgspec.json.encode(names)),
    )
    zh, en = (names.get(lang, {}).get("items", {}) for lang in ("zh", "en"))
    codes = sorted(
        zh
    )  # in one order, that halls which bring theirs at once wait for each other and do not block each other
    run(
        connection,
        "insert into item_name (code, zh, en) select * from unnest(%s::text[], %s::text[], %s::text[])"
        " on conflict (code) do update set zh=excluded.zh, en=excluded.en"
        " where (item_name.zh, item_name.en) <> (excluded.zh, excluded.en)",
        (codes, [zh[code] for code in codes], [en.get(code, zh[code]) for code in codes]),
    )
    return digest


def of_site(connection: PostgresConnection, site: str, lang: NameLang) -> NamesById:
    """Return the names of a hall in a language, none where it has given none. Raises `CentreError`."""
    with explained():
        row = run(connection, "select body from site_names where site=%s", (site,)).fetchone()
    return _names.decode(row[0]).get(lang, {}) if row else {}


def of_items(connection: PostgresConnection, codes: Iterable[str], lang: NameLang) -> dict[str, str]:
    """Return the names of items by their codes, without those that no hall has named. Raises `CentreError`."""
    query = f"select code, {lang} from item_name where code = any(%s)"
    with explained():
        return dict(run(connection, query, ([*codes],)).fetchall())
