import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models

TRIGGERS = """
-- The database itself writes the history, so that raw SQL cannot escape it, and tells every
-- process. Who and why come from the transaction (modelregistry.services), else it was SQL. With
-- its owner's rights: whoever may switch versions need not be able to write into the history.
CREATE FUNCTION modelregistry_record_activation() RETURNS trigger
SECURITY DEFINER LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO modelregistry_activation
            (predictor, from_version_id, to_version_id, at, actor, reason, is_rollback,
             database_user)
        SELECT predictor, NULL, id, clock_timestamp(),
               coalesce(nullif(current_setting('housing.actor', true), ''), 'sql'),
               coalesce(current_setting('housing.reason', true), ''),
               coalesce(current_setting('housing.is_rollback', true), '') = 'true', session_user
        FROM new_rows WHERE is_active;
    ELSE
        INSERT INTO modelregistry_activation
            (predictor, from_version_id, to_version_id, at, actor, reason, is_rollback,
             database_user)
        SELECT n.predictor, max(n.id) FILTER (WHERE o.is_active),
               max(n.id) FILTER (WHERE n.is_active), clock_timestamp(),
               coalesce(nullif(current_setting('housing.actor', true), ''), 'sql'),
               coalesce(current_setting('housing.reason', true), ''),
               coalesce(current_setting('housing.is_rollback', true), '') = 'true', session_user
        FROM old_rows o JOIN new_rows n USING (id)
        WHERE o.is_active <> n.is_active
        GROUP BY n.predictor;
    END IF;
    IF FOUND THEN
        PERFORM pg_notify('housing', 'models');
    END IF;
    RETURN NULL;
END
$$;
DO $$
BEGIN
    EXECUTE format('ALTER FUNCTION modelregistry_record_activation SET search_path = %I, pg_temp',
                   current_schema);
END
$$;
REVOKE EXECUTE ON FUNCTION modelregistry_record_activation FROM PUBLIC;
CREATE TRIGGER record_activation_update AFTER UPDATE ON modelregistry_modelversion
REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION modelregistry_record_activation();
CREATE TRIGGER record_activation_insert AFTER INSERT ON modelregistry_modelversion
REFERENCING NEW TABLE AS new_rows
FOR EACH STATEMENT EXECUTE FUNCTION modelregistry_record_activation();

CREATE FUNCTION modelregistry_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% refused: % keeps what was', TG_OP, TG_TABLE_NAME
    USING ERRCODE = 'insufficient_privilege';
END
$$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON modelregistry_activation
FOR EACH STATEMENT EXECUTE FUNCTION modelregistry_refuse_change();
-- The audit log names versions without a foreign key.
CREATE TRIGGER never_deleted BEFORE DELETE OR TRUNCATE ON modelregistry_modelversion
FOR EACH STATEMENT EXECUTE FUNCTION modelregistry_refuse_change();
"""
DROP_TRIGGERS = """
DROP TRIGGER never_deleted ON modelregistry_modelversion;
DROP TRIGGER append_only ON modelregistry_activation;
DROP FUNCTION modelregistry_refuse_change;
DROP TRIGGER record_activation_insert ON modelregistry_modelversion;
DROP TRIGGER record_activation_update ON modelregistry_modelversion;
DROP FUNCTION modelregistry_record_activation;
"""
# What was registered before there was a gate is not locked out; its golden answers are unknown.
ADMIT_WHAT_WAS_THERE = """
UPDATE modelregistry_modelversion
SET gate = 'passed', gate_reason = 'registered before there was a gate'
"""


class Migration(migrations.Migration):
    dependencies = (("modelregistry", "0002_one_active_version"),)

    operations = (
        migrations.AddField(
            "modelversion",
            "gate",
            models.CharField(
                choices=[("passed", "passed"), ("failed", "failed")],
                default="failed",
                max_length=10,
            ),
        ),
        migrations.AddField("modelversion", "gate_reason", models.TextField(blank=True)),
        migrations.AddField(
            "modelversion",
            "golden",
            models.JSONField(
                blank=True,
                default=dict,
                help_text="rows that were tried at registration, and what the model answered",
            ),
        ),
        migrations.AddField(
            "modelversion",
            "engine",
            models.CharField(
                blank=True, help_text="what computes its answers in serving", max_length=40
            ),
        ),
        migrations.AddField(
            "modelversion",
            "engine_proof",
            models.JSONField(
                blank=True, default=dict, help_text="how its answers were compared to the pickle's"
            ),
        ),
        migrations.RunSQL(ADMIT_WHAT_WAS_THERE, migrations.RunSQL.noop),
        migrations.AddConstraint(
            "modelversion",
            models.CheckConstraint(
                condition=models.Q(("is_active", False), ("gate", "passed"), _connector="OR"),
                name="modelversion_active_passed_the_gate",
            ),
        ),
        migrations.CreateModel(
            name="Activation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("predictor", models.CharField(max_length=40)),
                ("at", models.DateTimeField()),
                (
                    "actor",
                    models.CharField(help_text="`sql` if it was done by SQL", max_length=150),
                ),
                ("reason", models.TextField(blank=True)),
                ("is_rollback", models.BooleanField(default=False)),
                ("database_user", models.CharField(max_length=63)),
                (
                    "from_version",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="modelregistry.modelversion",
                    ),
                ),
                (
                    "to_version",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="activations",
                        to="modelregistry.modelversion",
                    ),
                ),
            ],
            options={"ordering": ("-id",)},
        ),
        migrations.CreateModel(
            name="ServingProcess",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("process", models.UUIDField()),
                ("host", models.CharField(max_length=255)),
                ("pid", models.PositiveIntegerField()),
                ("predictor", models.CharField(max_length=40)),
                (
                    "fault",
                    models.TextField(
                        blank=True, help_text="why the active version is not the one that answers"
                    ),
                ),
                ("engine", models.CharField(blank=True, max_length=40)),
                (
                    "since",
                    models.DateTimeField(
                        help_text="when this version began to answer in this process", null=True
                    ),
                ),
                (
                    "seen_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                (
                    "model_version",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="modelregistry.modelversion",
                    ),
                ),
            ],
            options={
                "ordering": ("predictor", "host", "pid"),
                "constraints": [
                    models.UniqueConstraint(
                        fields=("process", "predictor"), name="servingprocess_process_predictor"
                    )
                ],
            },
        ),
        migrations.RunSQL(TRIGGERS, DROP_TRIGGERS),
    )
