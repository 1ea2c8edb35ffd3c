"""Members of an answer that a client has to ask for: `?include=interval,comparables`."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from django.http import HttpRequest

from learning.fields import Fault
from modelregistry.loading import LoadedModel
from predictions import catalog
from predictions.contract import Question

PARAMETER = "include"
MOST_FAULTS = 20


def asked_for(request: HttpRequest) -> Sequence[str]:
    """Names between commas or in several parameters, each once, as they were sent."""
    # Most questions have no query, and then nothing is parsed.
    if not request.META.get("QUERY_STRING"):
        return ()
    texts = request.GET.getlist(PARAMETER)
    return tuple(dict.fromkeys(name for text in texts for name in text.split(",")))


def faults_in(names: Sequence[str], *, predictor_name: str) -> list[Fault]:
    offered = catalog.get(predictor_name).inclusions
    accepted = f"any of {', '.join(offered)}, with commas between them"
    return [
        Fault(PARAMETER, f'"{name[:60]}" cannot be included', accepted)
        for name in names
        if name not in offered
    ][:MOST_FAULTS]


def included(model: LoadedModel, question: Question, names: Sequence[str]) -> Mapping[str, Any]:
    """Raises ValueError for what JSON cannot say: orjson would write null for NaN."""
    members = catalog.get(model.predictor).include(model, question, names)
    if not _is_finite(members):
        raise ValueError(f"{model.predictor} {model.version} gives no finite number in {members}")
    return members


def _is_finite(value: Any) -> bool:
    if isinstance(value, Mapping):
        return all(_is_finite(inner) for inner in value.values())
    if isinstance(value, list | tuple):
        return all(_is_finite(inner) for inner in value)
    return not isinstance(value, float) or math.isfinite(value)
