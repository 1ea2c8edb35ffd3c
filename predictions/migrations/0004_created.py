from typing import Any

from django.contrib.postgres.indexes import BrinIndex
from django.db import migrations

from predictions.upgrading import index_log, quickly

NAME = "prediction_created"
ON = "USING brin (created_at) WITH (autosummarize = on, pages_per_range = 64)"


def add_index(apps: Any, schema_editor: Any) -> None:
    index_log(schema_editor.connection, name=NAME, columns="created_at", definition=ON)


def remove_index(apps: Any, schema_editor: Any) -> None:
    quickly(schema_editor.connection, f"DROP INDEX IF EXISTS {NAME}")


class Migration(migrations.Migration):
    atomic = False

    dependencies = (("predictions", "0003_subject"),)

    operations = (
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(add_index, remove_index)],
            state_operations=[
                migrations.AddIndex(
                    "prediction",
                    BrinIndex(
                        autosummarize=True,
                        fields=["created_at"],
                        name=NAME,
                        pages_per_range=64,
                    ),
                ),
            ],
        ),
    )
