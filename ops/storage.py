"""How much room the database takes, and the audit log in it."""

from dataclasses import dataclass

from django.db import connection

from predictions.partitions import StoredMonth, stored_months


@dataclass(frozen=True, slots=True)
class Storage:
    database_bytes: int
    """All of it, on disk, with indexes."""
    months: list[StoredMonth]
    """The log's, oldest first."""

    @property
    def log_bytes(self) -> int:
        return sum(month.size for month in self.months)

    @property
    def log_rows(self) -> int:
        """As PostgreSQL estimates them: nothing is counted."""
        return sum(month.rows for month in self.months)


def storage() -> Storage:
    """Two queries of the catalog, however long the log is."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_database_size(current_database())")
        size = cursor.fetchone()[0]
    return Storage(database_bytes=size, months=stored_months())
