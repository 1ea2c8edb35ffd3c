"""How much room the database takes."""

import pytest
from django.db import connection

from ops.storage import storage
from predictions.models import Prediction


def asked(query: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return int(cursor.fetchone()[0])


@pytest.mark.django_db
def test_it_works() -> None:
    found = storage()
    assert found.database_bytes == asked("SELECT pg_database_size(current_database())")
    assert found.log_bytes == asked(
        "SELECT sum(pg_total_relation_size(relid)) "
        "FROM pg_partition_tree('predictions_prediction') WHERE isleaf"
    )
    assert len(found.months) >= 4
    assert found.months == sorted(found.months, key=lambda month: month.first)


@pytest.mark.django_db
def test_the_rows_of_a_log_that_was_analyzed_are_as_many_as_there_are() -> None:
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE predictions_prediction")
    assert storage().log_rows == Prediction.objects.count()
