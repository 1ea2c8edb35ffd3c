from django.db import migrations, models

# The one change that the log takes: a caller becomes `erased:` and the id of the record that says
# so, which was written in the same transaction; every other byte of the row stays. Who may not
# update the log, as the role that serves, does not come as far as this.
REFUSE_BUT_ERASURE = """
CREATE OR REPLACE FUNCTION predictions_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    changed record;
BEGIN
    IF TG_OP = 'UPDATE' AND starts_with(TG_TABLE_NAME, 'predictions_prediction') THEN
        changed := NEW;
        changed.caller := OLD.caller;
        -- As they are stored: json has no equality, and 1.0 is not 1.00.
        IF changed *= OLD AND EXISTS (
            SELECT FROM predictions_erasure
            WHERE 'erased:' || id = NEW.caller AND erased_at = transaction_timestamp()
        ) THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END
$$;
"""
REFUSE = """
CREATE OR REPLACE FUNCTION predictions_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END
$$;
"""
# Only for the owner of the log, as is dropping a part of it.
ERASE = """
CREATE FUNCTION predictions_erase_caller(erased text, actor text, OUT erasure bigint, OUT changed bigint)
SET search_path FROM CURRENT LANGUAGE plpgsql AS $$
DECLARE
    ids uuid[];
BEGIN
    IF starts_with(erased, 'erased:') THEN
        RAISE EXCEPTION '% is erased already', erased USING ERRCODE = 'invalid_parameter_value';
    END IF;
    -- Found once: what is asked meanwhile is in the log as it was asked, and not in the number.
    SELECT coalesce(array_agg(id), '{}') INTO ids FROM predictions_prediction WHERE caller = erased;
    changed := cardinality(ids);
    INSERT INTO predictions_erasure (rows, erased_at, actor, database_user)
    VALUES (changed, transaction_timestamp(), actor, session_user) RETURNING id INTO erasure;
    UPDATE predictions_prediction SET caller = 'erased:' || erasure WHERE id = ANY (ids);
END
$$;
REVOKE EXECUTE ON FUNCTION predictions_erase_caller FROM PUBLIC;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON predictions_erasure
FOR EACH ROW EXECUTE FUNCTION predictions_refuse_change();
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON predictions_erasure
FOR EACH STATEMENT EXECUTE FUNCTION predictions_refuse_change();
"""
KEEP = """
DROP TRIGGER append_only_truncate ON predictions_erasure;
DROP TRIGGER append_only ON predictions_erasure;
DROP FUNCTION predictions_erase_caller;
"""


class Migration(migrations.Migration):
    """A caller of the log can be made unknown, on record."""

    dependencies = (("predictions", "0004_created"),)

    operations = (
        migrations.CreateModel(
            name="Erasure",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("rows", models.BigIntegerField(help_text="of the log")),
                ("erased_at", models.DateTimeField()),
                ("actor", models.CharField(max_length=150)),
                ("database_user", models.CharField(max_length=63)),
            ],
            options={"ordering": ("-id",)},
        ),
        migrations.RunSQL(REFUSE_BUT_ERASURE, REFUSE),
        migrations.RunSQL(ERASE, KEEP),
    )
