"""POST to one address, as somebody who may."""

from typing import Any, ClassVar

from django.test import Client


class Posting:
    path: ClassVar[str]

    def __init__(self, api: Client, headers: dict[str, str]) -> None:
        self._api, self._headers = api, headers

    def __call__(self, body: Any, headers: dict[str, str] | None = None) -> tuple[int, Any]:
        headers = self._headers if headers is None else headers
        sent = self._api.post(self.path, body, content_type="application/json", headers=headers)
        return sent.status_code, sent.json()

    def fails(self, body: Any) -> dict[str, str]:
        """What is wrong with what, by field."""
        status, problem = self(body)
        assert (status, problem["code"]) == (422, "invalid-input")
        return {fault["field"]: fault["detail"] for fault in problem["errors"]}
