"""One statement of a request may take so long, and no longer."""

from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.db.backends.signals import connection_created
from django.test import Client

from ops.statements import limit_statements


@pytest.fixture
def limited(db: None, settings: Any) -> None:
    """As a web process's connection, once it is made."""
    settings.STATEMENT_SECONDS = 1
    limit_statements()
    connection_created.send(type(connection), connection=connection)
    connection_created.disconnect(dispatch_uid="ops.statements")


def test_it_works(limited: None) -> None:
    with connection.cursor() as cursor:
        with pytest.raises(OperationalError, match="statement timeout"), transaction.atomic():
            cursor.execute("SELECT pg_sleep(5)")
        cursor.execute("SELECT pg_sleep(0.01)")


def test_commands_and_workers_may_take_their_time(db: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SHOW statement_timeout")
        assert cursor.fetchone() == ("0",)


def test_a_page_that_asks_too_much_is_a_503(limited: None, admin_client: Client) -> None:
    """As the API's own, so that nobody looks for a defect."""
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP VIEW predictions_prediction AS SELECT log.* "
            "FROM (SELECT pg_sleep(5) OFFSET 0) AS waited "
            "LEFT JOIN public.predictions_prediction AS log ON true"
        )
    response = admin_client.get("/admin/predictions/prediction/")
    assert (response.status_code, response["Retry-After"]) == (503, "1")
    assert response.json()["code"] == "database-unavailable"
