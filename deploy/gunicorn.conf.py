"""gunicorn, for bin/up and for the image. Bind and workers may be given on the command line."""

import os
from typing import Any

# One request is one small computation: more threads per prediction only get in each other's way.
# Must stand before numpy is imported, which is why it is here.
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

workers = int(os.environ.get("WEB_CONCURRENCY", "2"))
worker_class = "gthread"
threads = int(os.environ.get("WEB_THREADS", "8"))
timeout = 60
# Below the five seconds after which bin/up's supervisor kills.
graceful_timeout = 4
keepalive = 75
accesslog = None
# Each process would open it; we steer by signals.
control_socket_disable = True


def post_worker_init(worker: Any) -> None:
    """Load the active models before the first request; without one, /readyz says so."""
    from ops.health import readiness_faults

    for part, why in readiness_faults().items():
        worker.log.warning("not ready: %s: %s", part, why)
