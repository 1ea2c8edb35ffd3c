from django.apps import AppConfig


class UsageConfig(AppConfig):
    name = "ops.usage"
    label = "usage"
    verbose_name = "Who uses the service, and how often it fails"
