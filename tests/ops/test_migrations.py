"""What this release does to the schema lets the release before work on (docs/upgrading.md)."""

import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection, migrations
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.operations.base import Operation

from .releases import files_before, needs_history

EVERYWHERE = {
    r"\bDROP (TABLE|COLUMN|FUNCTION)\b": "the release before uses it",
    r"\bRENAME\b": "the release before knows the former name only",
    r"\bSET NOT NULL\b": "the release before may leave it out",
    r"\bDROP DEFAULT\b": "the release before leaves the column out: it needs a db_default",
    r"\bADD COLUMN (?:(?!DEFAULT)[^,;])*\bNOT NULL\b(?![^,;]*DEFAULT)": "it needs a db_default",
    r"\bALTER COLUMN \S+ TYPE\b": "the table is written anew while nobody can use it",
}
ON_OLD_TABLES = {
    r'\bALTER TABLE "?(\w+)"? ADD CONSTRAINT\b': "the release before may write what it refuses",
    r'\bCREATE UNIQUE INDEX\b.*? ON "?(\w+)': "the release before may write what it refuses",
    r'\bCREATE INDEX (?!CONCURRENTLY).*? ON "?(\w+)': "nobody can write while it is made",
    r'\bCREATE TRIGGER\b.*? ON "?(\w+)': "it acts on what the release before writes",
}


def faults_in(sql: str, *, new_tables: set[str]) -> list[str]:
    """What might stop the release before, one line each."""
    code = " ".join(re.sub(r"--[^\n]*", "", sql).split())
    found = [
        f"{match[0][:60]}: {why}"
        for pattern, why in EVERYWHERE.items()
        for match in re.finditer(pattern, code, re.I)
    ]
    for pattern, why in ON_OLD_TABLES.items():
        for match in re.finditer(pattern, code, re.I):
            if match[1] not in new_tables:
                found.append(f"{match[0][-60:]}: {why}")
    return found


def tables_made(sql: str) -> set[str]:
    return set(re.findall(r'\bCREATE TABLE (?:IF NOT EXISTS )?"?(\w+)', sql, re.I))


def runs_python(operations: Sequence[Operation]) -> bool:
    return any(
        isinstance(one, migrations.RunPython)
        or (
            isinstance(one, migrations.SeparateDatabaseAndState)
            and runs_python(one.database_operations)
        )
        for one in operations
    )


def ours_since_then() -> Iterator[tuple[str, migrations.Migration, str]]:
    """Path, migration and its SQL, in the order in which they are applied."""
    loader = MigrationLoader(connection)
    before = files_before()
    for node in loader.graph._generate_plan(loader.graph.leaf_nodes(), at_end=True):
        migration = loader.graph.nodes[node]
        file = Path(str(sys.modules[type(migration).__module__].__file__))
        if not file.is_relative_to(settings.BASE_DIR) or ".venv" in file.parts:
            continue
        path = str(file.relative_to(settings.BASE_DIR))
        if path not in before:
            yield path, migration, "\n".join(loader.collect_sql([(migration, False)]))


@needs_history
@pytest.mark.django_db
def test_it_works() -> None:
    """Each new migration only adds, or says why the release before can go on all the same."""
    new_tables: set[str] = set()
    found: dict[str, list[str]] = {}
    for path, migration, sql in ours_since_then():
        new_tables |= tables_made(sql)
        faults = faults_in(sql, new_tables=new_tables)
        if runs_python(migration.operations):
            faults.append("Python: nobody can see what it does")
        if faults and not getattr(migration, "side_by_side", ""):
            found[path] = faults
    assert found == {}


@pytest.mark.parametrize(
    ("sql", "word"),
    [
        ('ALTER TABLE "old" DROP COLUMN "price" CASCADE', "uses it"),
        ('ALTER TABLE "old" RENAME COLUMN "a" TO "b"', "former name"),
        ('ALTER TABLE "old" ADD COLUMN "a" integer NOT NULL', "db_default"),
        ('ALTER TABLE "old" ADD COLUMN "a" integer DEFAULT 1 NOT NULL;'
         'ALTER TABLE "old" ALTER COLUMN "a" DROP DEFAULT', "db_default"),
        ('ALTER TABLE "old" ALTER COLUMN "a" SET NOT NULL', "leave it out"),
        ('ALTER TABLE "old" ALTER COLUMN "a" TYPE bigint USING "a"::bigint', "anew"),
        ('ALTER TABLE "old" ADD CONSTRAINT "a" CHECK ("a" > 0)', "refuses"),
        ('CREATE UNIQUE INDEX "a" ON "old" ("a")', "refuses"),
        ('CREATE INDEX "a" ON "old" ("a")', "write while"),
        ("CREATE TRIGGER a BEFORE UPDATE OR DELETE ON old FOR EACH ROW EXECUTE FUNCTION a()",
         "acts on"),
    ],
)  # fmt: skip
def test_what_would_stop_the_release_before_is_found(sql: str, word: str) -> None:
    faults = faults_in(sql, new_tables={"new"})
    assert len(faults) >= 1
    assert word in " ".join(faults)


@pytest.mark.parametrize(
    "sql",
    [
        'CREATE TABLE "new" ("id" bigint NOT NULL PRIMARY KEY); CREATE INDEX "a" ON "new" ("id")',
        'ALTER TABLE "new" ADD CONSTRAINT "a" FOREIGN KEY ("b") REFERENCES "old" ("id")',
        'ALTER TABLE "old" ADD COLUMN "a" timestamp with time zone NULL',
        'ALTER TABLE "old" ADD COLUMN "a" varchar(9) DEFAULT \'\' NOT NULL',
        'CREATE INDEX CONCURRENTLY "a" ON "old" ("a")',
        "-- DROP TABLE would be too early\nSELECT 1",
    ],
)
def test_what_only_adds_is_let_through(sql: str) -> None:
    assert faults_in(sql, new_tables={"new"}) == []
