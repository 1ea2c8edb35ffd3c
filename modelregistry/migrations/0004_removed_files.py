from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("modelregistry", "0003_activation_history_and_gate"),
    ]

    operations = [
        migrations.AlterField(
            model_name="modelversion",
            name="gate",
            field=models.CharField(
                choices=[
                    ("passed", "passed"),
                    ("failed", "failed"),
                    ("removed", "its files were removed"),
                ],
                default="failed",
                max_length=10,
            ),
        ),
        migrations.AddIndex(
            model_name="modelversion",
            index=models.Index(fields=["model_file"], name="modelversion_model_file"),
        ),
        migrations.AddConstraint(
            model_name="modelversion",
            constraint=models.CheckConstraint(
                condition=models.Q(("gate__in", ("passed", "failed", "removed"))),
                name="modelversion_gate",
            ),
        ),
    ]
