from django.apps import AppConfig
from django.core.signals import request_finished
from django.db.backends.signals import connection_created
from structlog.contextvars import clear_contextvars

from ops.statement_names import name_statements


class OpsConfig(AppConfig):
    name = "ops"

    def ready(self) -> None:
        connection_created.connect(name_statements)
        # The thread's next request is another one.
        request_finished.connect(_forget_request, dispatch_uid="ops.forget_request")


def _forget_request(**_: object) -> None:
    clear_contextvars()
