import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models

import predictions.models

# Ids are UUIDv7 (RFC 9562): the first 48 bits are milliseconds since 1970. So the primary key, by
# which the log is partitioned and read, is also its order in time.
FUNCTIONS = """
CREATE FUNCTION predictions_first_id(moment timestamptz) RETURNS uuid
IMMUTABLE STRICT PARALLEL SAFE LANGUAGE sql AS $$
    SELECT (lpad(to_hex((extract(epoch FROM moment) * 1000)::bigint), 12, '0')
            || '00000000000000000000')::uuid
$$;

CREATE FUNCTION predictions_moment(id uuid) RETURNS timestamptz
IMMUTABLE STRICT PARALLEL SAFE LANGUAGE sql AS $$
    SELECT to_timestamp(
        ('x' || lpad(left(replace(id::text, '-', ''), 12), 16, '0'))::bit(64)::bigint / 1000.0)
$$;

CREATE FUNCTION predictions_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'insufficient_privilege';
END
$$;

-- The owner's rights, so that the role that serves needs none to change tables.
CREATE FUNCTION predictions_make_partition(moment timestamptz) RETURNS boolean
SECURITY DEFINER SET timezone = 'UTC' LANGUAGE plpgsql AS $$
DECLARE
    month timestamptz := date_trunc('month', moment);
    name text := 'predictions_prediction_' || to_char(month, 'YYYY_MM');
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('predictions_make_partition'));
    IF to_regclass(name) IS NOT NULL THEN
        RETURN false;
    END IF;
    -- Made aside and attached: CREATE TABLE … PARTITION OF would stop every insert meanwhile.
    EXECUTE format('CREATE TABLE %I (LIKE predictions_prediction INCLUDING ALL)', name);
    EXECUTE format(
        'CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON %I '
        'FOR EACH STATEMENT EXECUTE FUNCTION predictions_refuse_change()', name);
    EXECUTE format(
        'ALTER TABLE predictions_prediction ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', name,
        predictions_first_id(month), predictions_first_id(month + interval '1 month'));
    RETURN true;
END
$$;

-- Only the owner of the log may drop a part of it; that it was done is kept in the same transaction.
CREATE FUNCTION predictions_drop_partition(moment timestamptz, actor text) RETURNS bigint
SET search_path FROM CURRENT SET timezone = 'UTC' LANGUAGE plpgsql AS $$
DECLARE
    month timestamptz := date_trunc('month', moment);
    name text := 'predictions_prediction_' || to_char(month, 'YYYY_MM');
    count bigint;
BEGIN
    IF month >= date_trunc('month', now()) THEN
        RAISE EXCEPTION '% is not over', to_char(month, 'YYYY-MM')
        USING ERRCODE = 'object_not_in_prerequisite_state';
    END IF;
    PERFORM pg_advisory_xact_lock(hashtext('predictions_make_partition'));
    IF to_regclass(name) IS NULL THEN
        RETURN NULL;
    END IF;
    -- Nothing comes in after the count. This holds up nobody but who writes to that old month.
    EXECUTE format('LOCK TABLE %I IN SHARE MODE', name);
    EXECUTE format('SELECT count(*) FROM %I', name) INTO count;
    INSERT INTO predictions_retention (month, rows, dropped_at, actor, database_user)
    VALUES (month::date, count, clock_timestamp(), actor, session_user);
    -- This locks the whole log: while it waits for somebody who reads, all inserts wait behind it.
    SET LOCAL lock_timeout = '500ms';
    EXECUTE format('DROP TABLE %I', name);
    RETURN count;
END
$$;

-- With the owner's rights, nothing is looked up where others can put something: not in pg_temp.
DO $$
BEGIN
    EXECUTE format(
        'ALTER FUNCTION predictions_make_partition SET search_path = %I, pg_temp', current_schema);
END
$$;
REVOKE EXECUTE ON FUNCTION predictions_make_partition, predictions_drop_partition FROM PUBLIC;
"""
DROP_FUNCTIONS = """
DROP FUNCTION predictions_drop_partition;
DROP FUNCTION predictions_make_partition;
DROP FUNCTION predictions_refuse_change;
DROP FUNCTION predictions_moment;
DROP FUNCTION predictions_first_id;
"""
TABLE = """
ALTER TABLE predictions_prediction RENAME TO predictions_prediction_before;

CREATE TABLE predictions_prediction (
    id uuid NOT NULL,
    created_at timestamptz NOT NULL,
    predictor varchar(40) NOT NULL,
    endpoint varchar(100) NOT NULL,
    -- No foreign key: its check would lock the one row of the active version for every insert, from
    -- every process. Versions are never deleted (modelregistry 0003), so none can dangle.
    model_version_id bigint,
    request json,
    features double precision[],
    prediction double precision,
    response json,
    error json,
    status smallint NOT NULL CONSTRAINT prediction_status CHECK (status >= 0),
    latency_ms double precision NOT NULL,
    caller varchar(150) NOT NULL,
    request_id varchar(128) NOT NULL,
    api_version varchar(20) NOT NULL,
    CONSTRAINT prediction_id PRIMARY KEY (id)
) PARTITION BY RANGE (id);

CREATE INDEX prediction_request ON predictions_prediction (request_id);
CREATE INDEX prediction_version ON predictions_prediction (model_version_id, id);

SELECT predictions_make_partition(month)
FROM (
    SELECT DISTINCT date_trunc('month', predictions_moment(id), 'UTC') AS month
    FROM predictions_prediction_before
    UNION
    SELECT date_trunc('month', now(), 'UTC') + months * interval '1 month'
    FROM generate_series(0, 3) AS months
) AS needed;

INSERT INTO predictions_prediction
SELECT p.id, p.created_at, p.predictor, p.endpoint, p.model_version_id, p.request::json,
       CASE WHEN p.features IS NOT NULL THEN ARRAY(
           SELECT (p.features ->> name)::double precision
           FROM jsonb_array_elements_text(v.feature_names) WITH ORDINALITY AS f(name, place)
           ORDER BY place) END,
       p.prediction, p.response::json, p.error::json, p.status, p.latency_ms, p.caller,
       p.request_id, p.api_version
FROM predictions_prediction_before p
LEFT JOIN modelregistry_modelversion v ON v.id = p.model_version_id;

DROP TABLE predictions_prediction_before;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON predictions_prediction
FOR EACH ROW EXECUTE FUNCTION predictions_refuse_change();
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON predictions_prediction
FOR EACH STATEMENT EXECUTE FUNCTION predictions_refuse_change();

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON predictions_retention
FOR EACH ROW EXECUTE FUNCTION predictions_refuse_change();
CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON predictions_retention
FOR EACH STATEMENT EXECUTE FUNCTION predictions_refuse_change();
"""


class Migration(migrations.Migration):
    """The log partitioned by month and append-only, its rows cheap to write."""

    dependencies = (
        ("predictions", "0001_initial"),
        ("modelregistry", "0003_activation_history_and_gate"),
    )

    operations = (
        migrations.CreateModel(
            name="Retention",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("month", models.DateField()),
                ("rows", models.BigIntegerField()),
                ("dropped_at", models.DateTimeField()),
                ("actor", models.CharField(max_length=150)),
                ("database_user", models.CharField(max_length=63)),
            ],
            options={"ordering": ("-id",)},
        ),
        migrations.RunSQL(FUNCTIONS, DROP_FUNCTIONS),
        migrations.SeparateDatabaseAndState(
            # There is no way back for the table: the log would have to be rewritten.
            database_operations=[migrations.RunSQL(TABLE)],
            state_operations=[
                migrations.AlterField(
                    "prediction",
                    "request",
                    predictions.models.StoredJSON(help_text="what was sent", null=True),
                ),
                migrations.AlterField(
                    "prediction",
                    "response",
                    predictions.models.StoredJSON(help_text="what was answered", null=True),
                ),
                migrations.AlterField(
                    "prediction", "error", predictions.models.StoredJSON(null=True)
                ),
                migrations.AlterField(
                    "prediction",
                    "features",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.FloatField(),
                        help_text="the model's inputs after the join, in its order",
                        null=True,
                        size=None,
                    ),
                ),
                migrations.AlterField(
                    "prediction",
                    "model_version",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="predictions",
                        to="modelregistry.modelversion",
                    ),
                ),
                migrations.RemoveIndex("prediction", "prediction_created_at"),
                migrations.RemoveIndex("prediction", "prediction_request_id"),
                migrations.RemoveIndex("prediction", "prediction_version_id"),
                migrations.AddIndex(
                    "prediction", models.Index(fields=["request_id"], name="prediction_request")
                ),
                migrations.AddIndex(
                    "prediction",
                    models.Index(fields=["model_version", "id"], name="prediction_version"),
                ),
            ],
        ),
    )
