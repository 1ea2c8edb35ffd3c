import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("modelregistry", "0003_activation_history_and_gate"),
    ]

    operations = [
        migrations.CreateModel(
            name="PromotionPolicy",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("predictor", models.CharField(max_length=40, unique=True)),
                (
                    "mode",
                    models.CharField(
                        choices=[
                            ("manual", "manual: people activate"),
                            (
                                "if_better",
                                "if better: a trained version that proves better is activated",
                            ),
                        ],
                        default="manual",
                        max_length=10,
                    ),
                ),
                (
                    "share",
                    models.FloatField(
                        default=0.5,
                        help_text="of what the active version has not learned from, the newest: held out as proof",
                        validators=[
                            django.core.validators.MinValueValidator(0.05),
                            django.core.validators.MaxValueValidator(0.95),
                        ],
                    ),
                ),
                (
                    "sample_floor",
                    models.PositiveIntegerField(
                        default=200,
                        help_text="with fewer held out rows nothing is proven, and nothing is held out",
                        validators=[
                            django.core.validators.MinValueValidator(50),
                            django.core.validators.MaxValueValidator(1000000),
                        ],
                    ),
                ),
                (
                    "threshold",
                    models.FloatField(
                        default=0.0,
                        help_text="points of MdAPE by which the candidate must be better, beyond doubt",
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(100),
                        ],
                    ),
                ),
                (
                    "least_coverage",
                    models.FloatField(
                        default=0.85,
                        help_text="share of the held out rows that the candidate's 90 % intervals must hold",
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(1),
                        ],
                    ),
                ),
                (
                    "guard_on",
                    models.BooleanField(
                        default=True, help_text="roll back a version that fails in service"
                    ),
                ),
                (
                    "guard_hours",
                    models.PositiveIntegerField(
                        default=24,
                        help_text="so long after each activation",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(8760),
                        ],
                    ),
                ),
                (
                    "guard_requests",
                    models.PositiveIntegerField(
                        default=200,
                        help_text="the rates are over the last so many requests since the activation",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(10000),
                        ],
                    ),
                ),
                (
                    "guard_sample_floor",
                    models.PositiveIntegerField(
                        default=20,
                        help_text="over fewer requests than this no rate is looked at",
                        validators=[
                            django.core.validators.MinValueValidator(1),
                            django.core.validators.MaxValueValidator(10000),
                        ],
                    ),
                ),
                (
                    "guard_max_5xx_rate",
                    models.FloatField(
                        default=0.05,
                        help_text="of all requests, those answered with 5xx; above it is rolled back",
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(1),
                        ],
                    ),
                ),
                (
                    "guard_max_failed_rate",
                    models.FloatField(
                        default=0.05,
                        help_text="of the requests that reached the model, those it failed at (500)",
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(1),
                        ],
                    ),
                ),
                ("updated_at", models.DateTimeField(editable=False, null=True)),
                ("updated_by", models.CharField(blank=True, editable=False, max_length=150)),
            ],
            options={
                "verbose_name_plural": "promotion policies",
                "ordering": ("predictor",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("share__gte", 0.05), ("share__lte", 0.95)),
                        name="promotionpolicy_share",
                        violation_error_message="share: from 0.05 to 0.95",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("sample_floor__gte", 50), ("sample_floor__lte", 1000000)
                        ),
                        name="promotionpolicy_sample_floor",
                        violation_error_message="sample_floor: from 50 to 1,000,000",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("threshold__gte", 0), ("threshold__lte", 100)),
                        name="promotionpolicy_threshold",
                        violation_error_message="threshold: from 0 to 100",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("least_coverage__gte", 0), ("least_coverage__lte", 1)),
                        name="promotionpolicy_least_coverage",
                        violation_error_message="least_coverage: from 0 to 1",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("guard_hours__gte", 1), ("guard_hours__lte", 8760)),
                        name="promotionpolicy_guard_hours",
                        violation_error_message="guard_hours: from 1 to 8,760",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("guard_requests__gte", 1), ("guard_requests__lte", 10000)
                        ),
                        name="promotionpolicy_guard_requests",
                        violation_error_message="guard_requests: from 1 to 10,000",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("guard_sample_floor__gte", 1), ("guard_sample_floor__lte", 10000)
                        ),
                        name="promotionpolicy_guard_sample_floor",
                        violation_error_message="guard_sample_floor: from 1 to 10,000",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("guard_max_5xx_rate__gte", 0), ("guard_max_5xx_rate__lte", 1)
                        ),
                        name="promotionpolicy_guard_max_5xx_rate",
                        violation_error_message="guard_max_5xx_rate: from 0 to 1",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("guard_max_failed_rate__gte", 0), ("guard_max_failed_rate__lte", 1)
                        ),
                        name="promotionpolicy_guard_max_failed_rate",
                        violation_error_message="guard_max_failed_rate: from 0 to 1",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("mode__in", ("manual", "if_better"))),
                        name="promotionpolicy_mode",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("guard_sample_floor__lte", models.F("guard_requests"))),
                        name="promotionpolicy_guard_can_fire",
                        violation_error_message="guard_sample_floor: at most guard_requests",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="GuardIntervention",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[("rolled_back", "rolled back"), ("stood_still", "stood still")],
                        max_length=20,
                    ),
                ),
                ("reason", models.TextField()),
                ("policy", models.JSONField(help_text="as it was then")),
                ("numbers", models.JSONField(help_text="the requests that were counted")),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                (
                    "activation",
                    models.OneToOneField(
                        help_text="one of each at most",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="modelregistry.activation",
                    ),
                ),
                (
                    "to_version",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="modelregistry.modelversion",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="guard_interventions",
                        to="modelregistry.modelversion",
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("outcome", "rolled_back"), ("to_version__isnull", False)),
                            models.Q(("outcome", "stood_still"), ("to_version__isnull", True)),
                            _connector="OR",
                        ),
                        name="guardintervention_goes_somewhere_or_stands",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("to_version", models.F("version")),
                            _negated=True,
                        ),
                        name="guardintervention_goes_elsewhere",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="PromotionDecision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("policy", models.JSONField(help_text="as it was then")),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("activated", "activated"),
                            ("not_proven", "not proven"),
                            ("not_measured", "not measured"),
                            ("overtaken", "overtaken"),
                            ("manual", "left to people"),
                        ],
                        max_length=20,
                    ),
                ),
                ("reason", models.TextField()),
                ("numbers", models.JSONField(default=dict, help_text="what was measured, of both")),
                (
                    "decided_at",
                    models.DateTimeField(db_default=django.db.models.functions.datetime.Now()),
                ),
                ("actor", models.CharField(max_length=150)),
                (
                    "active",
                    models.ForeignKey(
                        help_text="what answered when it was decided",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="modelregistry.modelversion",
                    ),
                ),
                (
                    "candidate",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="promotion_decisions",
                        to="modelregistry.modelversion",
                    ),
                ),
            ],
            options={
                "ordering": ("-id",),
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "outcome__in",
                                ("activated", "not_proven", "not_measured", "overtaken", "manual"),
                            )
                        ),
                        name="promotiondecision_outcome",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("outcome", "activated"), _negated=True),
                            ("active__isnull", False),
                            _connector="OR",
                        ),
                        name="promotiondecision_activated_against_one",
                    ),
                ],
            },
        ),
    ]
