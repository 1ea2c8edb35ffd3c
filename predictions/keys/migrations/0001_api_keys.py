import django.contrib.postgres.fields
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="ApiKey",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        help_text="stands as key:NAME wherever it did something",
                        max_length=100,
                        unique=True,
                    ),
                ),
                ("prefix", models.CharField(help_text="how its secret begins", max_length=12)),
                (
                    "digest",
                    models.CharField(help_text="SHA-256 of the secret", max_length=64, unique=True),
                ),
                (
                    "scopes",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(
                            choices=[
                                ("predict", "ask"),
                                ("batch", "score files"),
                                ("train", "train"),
                                ("operate", "switch versions"),
                            ],
                            max_length=10,
                        ),
                        size=None,
                    ),
                ),
                (
                    "created_at",
                    models.DateTimeField(
                        db_default=django.db.models.functions.datetime.Now(), editable=False
                    ),
                ),
                ("created_by", models.CharField(max_length=150)),
                ("expires_at", models.DateTimeField()),
                ("revoked_at", models.DateTimeField(null=True)),
            ],
            options={
                "verbose_name": "API key",
                "verbose_name_plural": "API keys",
                "ordering": ("-id",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("scopes__contained_by", ["predict", "batch", "train", "operate"]),
                            ("scopes__len__gte", 1),
                        ),
                        name="apikey_scopes",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("expires_at__gt", models.F("created_at"))),
                        name="apikey_expires",
                    ),
                ],
            },
        ),
    ]
