from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("traffic", "0002_saved_in"),
    ]

    operations = [
        migrations.AddField(
            model_name="progress",
            name="recounted_until",
            field=models.DateTimeField(help_text="the end of that day", null=True),
        ),
        migrations.AddField(
            model_name="progress",
            name="recounted_before",
            field=models.BigIntegerField(
                help_text="what this transaction and later ones wrote is counted as it comes",
                null=True,
            ),
        ),
        migrations.AddConstraint(
            model_name="progress",
            constraint=models.CheckConstraint(
                condition=models.Q(("recounted_before", None), ("recounted_until", None))
                | models.Q(("recounted_before__isnull", False), ("recounted_until__isnull", False)),
                name="progress_recounted",
            ),
        ),
    ]
