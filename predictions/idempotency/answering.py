"""The door for views: a request that may have an idempotency key."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

from predictions.idempotency import services
from predictions.idempotency.decoding import read_asked
from predictions.idempotency.services import Reply

REPLAYED = "Idempotency-Replayed"


def answer_once(
    request: HttpRequest,
    *,
    caller: str,
    content: bytes,
    answer: Callable[[], HttpResponse],
) -> HttpResponse:
    """`answer`, but once for each key: a kept response says so in the header REPLAYED.

    Raises what `read_asked` and `services.answer_once` raise.
    """
    asked = read_asked(request, caller=caller, content=content)
    if asked is None:
        return answer()
    return _response(services.answer_once(asked=asked, answer=lambda: _reply(answer())))


def is_replayed(response: HttpResponse) -> bool:
    return REPLAYED in response


def _reply(response: HttpResponse) -> Reply:
    return Reply(response.status_code, dict(response.items()), response.content)


def _response(reply: Reply) -> HttpResponse:
    response = HttpResponse(reply.content, status=reply.status, headers=dict(reply.headers))
    if reply.is_replayed:
        response[REPLAYED] = "true"
    return response
