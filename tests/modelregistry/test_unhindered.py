"""Switching waits for other switches, and for nothing else."""

import psycopg
from django.db import connection

from modelregistry.models import ModelVersion
from modelregistry.services import activate_version


def test_what_refers_to_the_active_version_for_long_does_not_hold_up_a_switch(
    active_version: ModelVersion,
) -> None:
    number = active_version.version
    with psycopg.connect(**connection.get_connection_params()) as other:
        # What PostgreSQL does for every inserted row with a foreign key, until its commit.
        key_share = "SELECT 1 FROM modelregistry_modelversion WHERE id = %s FOR KEY SHARE"
        assert other.execute(key_share, [active_version.pk]).fetchone()
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL lock_timeout = '1s'")
        activate_version(predictor="homes", version=number, actor="test", expected_active=number)
