"""The months of the log: a partition each, made before it is needed."""

from datetime import date

from django.db import connection

MONTHS_AHEAD = 3


def make_partitions(*, months: int = MONTHS_AHEAD) -> list[date]:
    """Make this month's partition and those of the next `months`; the first days of the new ones.

    The writer makes a missing one too, but there a request waits for it.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT month::date FROM generate_series(date_trunc('month', now()), "
            "date_trunc('month', now()) + %s * interval '1 month', interval '1 month') AS month "
            "WHERE predictions_make_partition(month)",
            [months],
        )
        return [month for (month,) in cursor.fetchall()]
