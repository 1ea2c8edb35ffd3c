"""What is sent to change a policy: some of its terms. All faults at once."""

import json
from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest

from learning.fields import Fault, check_all
from predictions.errors import InvalidInput, NotAnObject
from predictions.parsing import read_json
from predictions.promotion.models import PromotionPolicy
from predictions.promotion.terms import NUMBERS


def read_terms(request: HttpRequest) -> dict[str, Any]:
    """By name, those that were sent. Raises MalformedRequest, NotAnObject, InvalidInput."""
    payload = read_json(request).payload
    if not isinstance(payload, Mapping):
        raise NotAnObject("send one JSON object with the terms that are to change")
    sent = dict(payload)
    terms: dict[str, Any] = {}
    faults: list[Fault] = []
    modes = list(PromotionPolicy.Mode.values)
    for name, known in (("mode", modes), ("guard_on", [True, False])):
        if name in sent:
            terms[name] = sent.pop(name)
            if type(terms[name]) is not type(known[0]) or terms[name] not in known:
                shown = f"{str(terms[name])[:60]!r} is not accepted"
                faults.append(Fault(name, shown, " or ".join(map(json.dumps, known))))
    numbers, wrong = check_all(sent, NUMBERS)
    if faults or wrong:
        raise InvalidInput(faults + wrong)
    return terms | numbers
