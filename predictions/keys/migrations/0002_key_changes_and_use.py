import django.core.validators
from django.db import migrations, models

COUNTED = """
    INSERT INTO keys_keychanges (number) VALUES (0);
    -- The owner's rights: the role that serves has none to the new table before it is given some, and
    -- the release before revokes keys meanwhile.
    CREATE FUNCTION keys_count_change() RETURNS trigger SECURITY DEFINER LANGUAGE plpgsql AS $$
    BEGIN
        UPDATE keys_keychanges SET number = number + 1;
        RETURN NULL;
    END $$;
    DO $$
    BEGIN
        EXECUTE format(
            'ALTER FUNCTION keys_count_change SET search_path = %I, pg_temp', current_schema);
    END $$;
    CREATE TRIGGER keys_changed AFTER INSERT OR DELETE OR TRUNCATE OR UPDATE OF
        name, digest, scopes, expires_at, revoked_at, per_minute ON keys_apikey
        FOR EACH STATEMENT EXECUTE FUNCTION keys_count_change();
"""
NOT_COUNTED = """
    DROP TRIGGER keys_changed ON keys_apikey;
    DROP FUNCTION keys_count_change();
"""


class Migration(migrations.Migration):
    dependencies = [("keys", "0001_api_keys")]
    side_by_side = "the trigger counts changes in a table of its own, with its owner's rights"

    operations = [
        migrations.AddField(
            model_name="apikey",
            name="last_used_at",
            field=models.DateTimeField(help_text="to some seconds", null=True),
        ),
        migrations.AddField(
            model_name="apikey",
            name="per_minute",
            field=models.PositiveIntegerField(
                help_text="requests that it may make; empty: as many as HOUSING_KEY_LIMIT says",
                null=True,
                validators=[django.core.validators.MinValueValidator(1)],
            ),
        ),
        migrations.CreateModel(
            name="KeyChanges",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("number", models.BigIntegerField()),
            ],
            options={"verbose_name_plural": "key changes"},
        ),
        migrations.RunSQL(COUNTED, NOT_COUNTED),
    ]
