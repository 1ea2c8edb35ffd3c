"""gunicorn, for bin/up and for the image. Bind and workers may be given on the command line."""

import contextlib
import gc
import os
import runpy
from pathlib import Path
from typing import Any


def _run(file: str) -> dict[str, Any]:
    """Its names. Not imported: new processes would find it in memory, after HUP too, and old."""
    return runpy.run_path(str(Path(__file__).resolve().parent.parent / "housing_api" / file))


workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
worker_class = "ops.worker.Worker"
# The one whose idea of a request ops/arriving.py shares.
http_parser = "python"
threads = int(os.environ.get("WEB_THREADS", "8"))
timeout = 60
# Below the five seconds after which bin/up's supervisor kills.
graceful_timeout = 4
keepalive = 75
accesslog = None
logger_class = "ops.server_log.ServerLog"
_environment = _run("environment.py")["Environment"]()
logconfig_dict = _run("logs.py")["logging_of"](
    _environment.text("HOUSING_LOG_LEVEL"), _environment.log_format()
)
# Each process would open it; we steer by signals.
control_socket_disable = True


def post_worker_init(worker: Any) -> None:
    """Load the active models before the first request; without one, /readyz says so."""
    from django.conf import settings
    from django.db import Error

    from ops.health import readiness_faults
    from ops.statements import limit_statements
    from ops.usage import counting
    from predictions import serving
    from predictions.access import PREDICT
    from predictions.keys import holding, services
    from predictions.promotion import guard
    from predictions.questions import Questions
    from predictions.throttling import limits

    limit_statements()
    with contextlib.suppress(Error):  # without the database nobody is answered anyway
        if settings.PRODUCTION and PREDICT.is_asked() and not services.was_a_key_made():
            raise RuntimeError(
                "nobody could ask: make an API key (manage.py make_key), or say HOUSING_ACCESS=open"
            )

    counting.start()
    holding.start(worker.loop)
    limits.start(worker.loop)
    serving.start(worker.loop, looks=[guard.look, counting.look, holding.look])
    worker.wsgi = questions = Questions(worker.wsgi)
    worker.questions = questions.addresses()
    worker.asks_for_keys = PREDICT.is_asked()

    # What was loaded stays: the garbage collector need not walk through it again and again, which
    # would stop all threads for a tenth of a second.
    gc.collect()
    gc.freeze()
    for part, why in readiness_faults().items():
        worker.log.warning("not ready: %s: %s", part, why)


def child_exit(server: Any, worker: Any) -> None:
    """In the parent, also of a process that was killed: nobody waits for it to take connections."""
    worker.shares.left(worker.age)


def worker_exit(server: Any, worker: Any) -> None:
    from django.db import Error

    from ops.usage import counting
    from predictions import serving
    from predictions.keys import holding
    from predictions.throttling import limits

    limits.stop()
    with contextlib.suppress(Error):  # the list of processes forgets us by itself
        serving.stop()
    holding.stop()
    counting.stop()
