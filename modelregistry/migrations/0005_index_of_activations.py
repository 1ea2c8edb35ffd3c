from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("modelregistry", "0004_removed_files"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="activation",
            index=models.Index(fields=["predictor", "-id"], name="activation_predictor"),
        ),
    ]
