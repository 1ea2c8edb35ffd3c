from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("keys", "0002_key_changes_and_use")]

    operations = [
        migrations.AlterField(
            model_name="apikey",
            name="per_minute",
            field=models.PositiveIntegerField(
                help_text="requests that it may make; 0: any number; empty: as HOUSING_KEY_LIMIT says",
                null=True,
            ),
        ),
    ]
