from django.db import migrations


class Migration(migrations.Migration):
    """Every web process keeps the demographics; the database tells it when they change."""

    dependencies = (("homes", "0001_initial"),)

    operations = (
        migrations.RunSQL(
            sql="""
                CREATE FUNCTION homes_tell_demographics() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN
                    PERFORM pg_notify('housing', 'demographics');
                    RETURN NULL;
                END
                $$;
                CREATE TRIGGER tell_demographics
                AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON homes_zipcodedemographics
                FOR EACH STATEMENT EXECUTE FUNCTION homes_tell_demographics();
            """,
            reverse_sql="""
                DROP TRIGGER tell_demographics ON homes_zipcodedemographics;
                DROP FUNCTION homes_tell_demographics;
            """,
        ),
    )
