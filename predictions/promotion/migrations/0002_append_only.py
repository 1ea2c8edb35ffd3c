from django.db import migrations

TABLES = ("promotion_promotiondecision", "promotion_guardintervention")


class Migration(migrations.Migration):
    dependencies = (
        ("promotion", "0001_policies_decisions_interventions"),
        ("modelregistry", "0003_activation_history_and_gate"),
    )

    operations = tuple(
        migrations.RunSQL(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION modelregistry_refuse_change()",
            f"DROP TRIGGER append_only ON {table}",
        )
        for table in TABLES
    )
