"""Schemas beside the service's own: they are not backed up, and must not hang on it."""

from collections.abc import Iterator
from typing import Any

import psycopg

OTHER_SCHEMAS = r"""
SELECT nspname FROM pg_namespace
WHERE nspname NOT IN ('public', 'information_schema') AND nspname !~ '^pg_' ORDER BY 1
"""
# What needs what, where one of the two is in `public` and the other in a schema of somebody else.
ACROSS = r"""
WITH things AS (
    SELECT 'pg_class'::regclass AS class, oid, relnamespace AS space FROM pg_class
    UNION ALL SELECT 'pg_proc'::regclass, oid, pronamespace FROM pg_proc
    UNION ALL SELECT 'pg_type'::regclass, oid, typnamespace FROM pg_type
    UNION ALL SELECT 'pg_constraint'::regclass, oid, connamespace FROM pg_constraint
    UNION ALL SELECT 'pg_rewrite'::regclass, r.oid, relnamespace
        FROM pg_rewrite r JOIN pg_class c ON c.oid = ev_class
    UNION ALL SELECT 'pg_trigger'::regclass, t.oid, relnamespace
        FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid
    UNION ALL SELECT 'pg_attrdef'::regclass, d.oid, relnamespace
        FROM pg_attrdef d JOIN pg_class c ON c.oid = adrelid
)
SELECT DISTINCT pg_describe_object(classid, objid, 0), pg_describe_object(refclassid, refobjid, 0)
FROM pg_depend
JOIN things AS needing ON (needing.class, needing.oid) = (classid, objid)
JOIN things AS needed ON (needed.class, needed.oid) = (refclassid, refobjid)
JOIN pg_namespace AS one ON one.oid = needing.space
JOIN pg_namespace AS other ON other.oid = needed.space
WHERE (one.nspname = 'public') = %s AND (other.nspname = 'public') <> %s
AND one.nspname !~ '^(pg_|information_schema$)' AND other.nspname !~ '^(pg_|information_schema$)'
ORDER BY 1, 2
"""


def other_schemas(connection: psycopg.Connection[Any]) -> list[str]:
    return [name for (name,) in connection.execute(OTHER_SCHEMAS).fetchall()]


def needed_elsewhere(connection: psycopg.Connection[Any]) -> list[str]:
    """What is in `public` and cannot be restored without another schema."""
    return list(_across(connection, from_public=True))


def needing_public(connection: psycopg.Connection[Any]) -> list[str]:
    """What is in other schemas and would go with what is in `public`."""
    return list(_across(connection, from_public=False))


def _across(connection: psycopg.Connection[Any], *, from_public: bool) -> Iterator[str]:
    for needing, needed in connection.execute(ACROSS, [from_public, from_public]).fetchall():
        yield f"{needing} needs {needed}"
