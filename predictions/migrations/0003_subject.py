from django.db import migrations, models

# Of the partitioned table, and so of every month of it, also of those to come.
STATEMENTS = """
ALTER TABLE predictions_prediction ADD COLUMN subject uuid;
CREATE INDEX prediction_subject ON predictions_prediction (subject, id) WHERE subject IS NOT NULL;
"""
BACK = """
DROP INDEX prediction_subject;
ALTER TABLE predictions_prediction DROP COLUMN subject;
"""


class Migration(migrations.Migration):
    dependencies = (("predictions", "0002_partitioned_append_only_log"),)

    operations = (
        migrations.RunSQL(
            STATEMENTS,
            BACK,
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
