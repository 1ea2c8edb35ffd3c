"""What a database holds, in numbers that are equal where the rows and rules are equal."""

from collections.abc import Iterator
from typing import Any

import psycopg
from psycopg import sql

from ops.backup.manifest import Contents, TableSum

# How values are written as text, whatever the server's or the role's own settings.
SPELLING = (
    "SET TIME ZONE 'UTC'; SET DateStyle = 'ISO, YMD'; SET IntervalStyle = 'postgres'; "
    "SET bytea_output = 'hex'; SET extra_float_digits = 1; SET search_path = public"
)
TABLES = """
SELECT relname FROM pg_class
WHERE relnamespace = 'public'::regnamespace AND relkind = 'r' ORDER BY 1
"""
# Not a hash of PostgreSQL's own: those may change from one major version to the next.
ROWS = """
SELECT count(*), coalesce(sum(('x' || left(md5(t::text), 15))::bit(60)::bigint), 0)::text
FROM {} AS t
"""
SEQUENCES = """
SELECT sequencename, coalesce(last_value, 0) FROM pg_sequences
WHERE schemaname = 'public' ORDER BY 1
"""
# Without brackets and casts: PostgreSQL adds some to a rule that it reads again from its own words.
DEFINITIONS = r"""
SELECT kind || ' ' || name,
       md5(string_agg(regexp_replace(said, '::[a-z ]+(\[\])?|[()]', '', 'g'), ',' ORDER BY said))
FROM (
    SELECT 'trigger' AS kind, tgrelid::regclass || '.' || tgname AS name,
           pg_get_triggerdef(pg_trigger.oid) || tgenabled::text AS said
    FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
    WHERE relnamespace = 'public'::regnamespace AND NOT tgisinternal
    UNION ALL
    SELECT 'constraint', conrelid::regclass || '.' || conname, pg_get_constraintdef(oid)
    FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND conrelid <> 0
    UNION ALL
    SELECT 'index', indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL
    SELECT 'function', proname, pg_get_functiondef(oid) || CASE WHEN coalesce(
        (SELECT bool_or(grantee = 0) FROM aclexplode(proacl)), true) THEN 'for all' ELSE '' END
    FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prokind IN ('f', 'p')
) AS rules GROUP BY 1 ORDER BY 1
"""
ROLES = """
SELECT DISTINCT grantee::regrole::text FROM (
    SELECT (aclexplode(relacl)).grantee, relowner AS owner FROM pg_class
    WHERE relnamespace = 'public'::regnamespace
    UNION ALL
    SELECT (aclexplode(proacl)).grantee, proowner FROM pg_proc
    WHERE pronamespace = 'public'::regnamespace
    UNION ALL
    SELECT (aclexplode(nspacl)).grantee, nspowner FROM pg_namespace WHERE nspname = 'public'
) AS rights WHERE grantee NOT IN (0, owner) ORDER BY 1
"""


def sequences_of(connection: psycopg.Connection[Any]) -> dict[str, int]:
    """The last values given. Sequences belong to no transaction: they go on meanwhile."""
    return dict(connection.execute(SEQUENCES).fetchall())


def contents_of(
    connection: psycopg.Connection[Any], *, sequences: dict[str, int] | None = None
) -> Contents:
    """Of the schema `public`, as the transaction of `connection` sees it. Reads every row.

    `sequences`: as they were before, where a dump was begun since.
    """
    connection.execute(SPELLING)
    return Contents(
        tables=dict(_tables(connection)),
        sequences=sequences_of(connection) if sequences is None else sequences,
        definitions=dict(connection.execute(DEFINITIONS).fetchall()),
    )


def roles_in(connection: psycopg.Connection[Any]) -> list[str]:
    """Those besides the owner who were given rights."""
    return [name for (name,) in connection.execute(ROLES).fetchall()]


def _tables(connection: psycopg.Connection[Any]) -> Iterator[tuple[str, TableSum]]:
    for (name,) in connection.execute(TABLES).fetchall():
        found = connection.execute(sql.SQL(ROWS).format(sql.Identifier(name))).fetchone()
        assert found is not None
        yield name, TableSum(*found)


def differences(there: Contents, here: Contents, *, same_server: bool) -> list[str]:
    """Lines for people, from the backup (`there`) to the database (`here`); empty if equal.

    `same_server`: of one major version; others word the same rule differently.
    """
    found = []
    for name in sorted(there.tables.keys() | here.tables.keys()):
        one, other = there.tables.get(name), here.tables.get(name)
        if one is None or other is None:
            where = "the backup" if other is None else "the database"
            found.append(f"table {name}: only in {where}")
        elif one.rows != other.rows:
            found.append(f"table {name}: {one.rows:,} rows in the backup, {other.rows:,} here")
        elif one != other:
            found.append(f"table {name}: {one.rows:,} rows, but not the same ones")
    for name, last in sorted(there.sequences.items()):
        now = here.sequences.get(name)
        # A dump may have seen a later value than the rows that it was made of.
        if now is None or now < last:
            found.append(f"sequence {name}: {last} in the backup, {now} here")
    if same_server:
        names = sorted(there.definitions.keys() | here.definitions.keys())
        found += [
            f"{name}: says something else, or is not there"
            for name in names
            if there.definitions.get(name) != here.definitions.get(name)
        ]
    return found
