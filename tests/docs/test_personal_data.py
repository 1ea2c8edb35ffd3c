"""docs/personal-data.md names every place where the database knows who somebody is."""

import re

import pytest
from django.conf import settings
from django.db import connection

# Of callers and users, by whatever name.
PERSONAL = r"caller|actor|_by$|^username$|email|ip_address|user_agent|^user_id$|session_data"
# Rights, which are of a user and say nothing else of who it is.
RIGHTS = {"auth_user_groups", "auth_user_user_permissions"}


@pytest.mark.django_db
def test_it_works() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT table_name FROM information_schema.columns "
            "WHERE table_schema = 'public' AND column_name ~ %s "
            "AND table_name !~ '_[0-9]{4}_[0-9]{2}$'",  # the log's months
            [PERSONAL],
        )
        tables = {name for (name,) in cursor.fetchall()} - RIGHTS
    assert {"predictions_prediction", "axes_accessattempt", "auth_user"} <= tables
    page = (settings.BASE_DIR / "docs" / "personal-data.md").read_text()
    assert tables - set(re.findall(r"`(\w+)`", page)) == set()


def test_the_tables_and_settings_that_it_names_exist() -> None:
    page = (settings.BASE_DIR / "docs" / "personal-data.md").read_text()
    known = (settings.BASE_DIR / "docs" / "settings.md").read_text()
    named = set(re.findall(r"`(HOUSING_[A-Z_]+)`", page))
    assert len(named) >= 4
    assert [name for name in named if f"`{name}`" not in known] == []
