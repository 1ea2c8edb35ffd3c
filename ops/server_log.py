"""What gunicorn itself says: its own affairs, and nothing per request."""

from typing import Any

from gunicorn.glogging import Logger


class ServerLog(Logger):
    def access(self, resp: Any, req: Any, environ: Any, request_time: Any) -> None:
        """`ops.request_log` tells of requests.

        With a configuration of the logs, gunicorn would compose a line for each, a tenth of what
        a question costs, for nobody to write it.
        """
