from typing import Any

from django.db import migrations, models

from predictions.upgrading import index_log, quickly

# Of the partitioned table, and so of every month of it, also of those to come.
COLUMN = "ALTER TABLE predictions_prediction ADD COLUMN IF NOT EXISTS subject uuid"
ON = "(subject, id) WHERE subject IS NOT NULL"
BACK = (
    "DROP INDEX IF EXISTS prediction_subject",
    "ALTER TABLE predictions_prediction DROP COLUMN IF EXISTS subject",
)


def add_subject(apps: Any, schema_editor: Any) -> None:
    connection = schema_editor.connection
    quickly(connection, COLUMN)
    index_log(connection, name="prediction_subject", columns="subject_id", definition=ON)


def remove_subject(apps: Any, schema_editor: Any) -> None:
    for statement in BACK:
        quickly(schema_editor.connection, statement)


class Migration(migrations.Migration):
    atomic = False

    dependencies = (("predictions", "0002_partitioned_append_only_log"),)

    operations = (
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunPython(add_subject, remove_subject)],
            state_operations=[
                migrations.AddField(
                    "prediction",
                    "subject",
                    models.UUIDField(
                        help_text="equal for requests about the same thing, if the predictor "
                        "says so",
                        null=True,
                    ),
                ),
                migrations.AddIndex(
                    "prediction",
                    models.Index(
                        condition=models.Q(("subject__isnull", False)),
                        fields=["subject", "id"],
                        name="prediction_subject",
                    ),
                ),
            ],
        ),
    )
