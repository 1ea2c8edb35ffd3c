"""What is in the log stays as it is: the database refuses, whoever asks and however."""

import pytest
from django.db import ProgrammingError, connection, transaction
from psycopg.errors import InsufficientPrivilege

from predictions.models import Prediction, Retention
from predictions.recording import record

from .rows import NOW, month_ahead, row_of

pytestmark = pytest.mark.django_db
PART = f"predictions_prediction_{month_ahead(0)}"


@pytest.fixture(autouse=True)
def one_row_each() -> None:
    record(row_of(NOW))
    Retention.objects.create(
        month=NOW.date(), rows=1, dropped_at=NOW, actor="me", database_user="me"
    )


def refused(statement: str) -> None:
    with (
        pytest.raises(ProgrammingError, match="is append-only") as refusal,
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert isinstance(refusal.value.__cause__, InsufficientPrivilege)


def test_it_works() -> None:
    """The tests' role may do anything else: it owns the log."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_has_role(relowner, 'USAGE') FROM pg_class WHERE relname = %s", [PART]
        )
        assert cursor.fetchone() == (True,)


@pytest.mark.parametrize("table", ["predictions_prediction", PART])
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {} SET prediction = 1",
        "UPDATE {} SET id = predictions_first_id(predictions_moment(id) + interval '1 month')",
        "DELETE FROM {}",
        "TRUNCATE {}",
        "MERGE INTO {} AS t USING (SELECT 1) AS s ON true WHEN MATCHED THEN DELETE",
    ],
)
def test_a_prediction_is_neither_changed_nor_removed(table: str, statement: str) -> None:
    refused(statement.format(table))


@pytest.mark.parametrize(
    "statement",
    ["UPDATE {} SET rows = 0", "DELETE FROM {}", "TRUNCATE {}", "TRUNCATE {} CASCADE"],
)
def test_a_record_of_retention_is_neither_changed_nor_removed(statement: str) -> None:
    refused(statement.format("predictions_retention"))


def test_the_model_cannot_do_it_either() -> None:
    with pytest.raises(ProgrammingError, match="append-only"), transaction.atomic():
        Prediction.objects.update(prediction=1)
    with pytest.raises(ProgrammingError, match="append-only"), transaction.atomic():
        Prediction.objects.all().delete()


def test_a_row_that_is_there_is_not_overwritten_by_one_with_its_id() -> None:
    row = row_of(NOW, prediction=1.0)
    record(row)
    row.prediction = 2.0
    record(row)
    assert Prediction.objects.filter(prediction=1.0).count() == 1
    refused(
        "INSERT INTO predictions_prediction SELECT * FROM predictions_prediction "
        "ON CONFLICT (id) DO UPDATE SET prediction = 3"
    )


def test_every_partition_refuses_to_be_emptied() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT predictions_make_partition('2031-01-01')")
    refused("TRUNCATE predictions_prediction_2031_01")
