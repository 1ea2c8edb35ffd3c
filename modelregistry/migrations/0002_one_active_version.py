from django.db import migrations


class Migration(migrations.Migration):
    """At most one active version per predictor, checked when the transaction commits.

    A unique index would refuse `UPDATE … SET is_active = (version = 2)` half way, depending on the
    order in which rows are touched. Django's ExclusionConstraint knows only GiST, which would need
    the extension btree_gist; a hash index needs none.
    """

    dependencies = (("modelregistry", "0001_initial"),)

    operations = (
        migrations.RunSQL(
            sql="""
                ALTER TABLE modelregistry_modelversion
                ADD CONSTRAINT modelversion_one_active_per_predictor
                EXCLUDE USING hash (predictor WITH =) WHERE (is_active)
                DEFERRABLE INITIALLY DEFERRED
            """,
            reverse_sql="""
                ALTER TABLE modelregistry_modelversion
                DROP CONSTRAINT modelversion_one_active_per_predictor
            """,
        ),
    )
