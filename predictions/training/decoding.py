"""What is sent to train: a recipe, whether to force it, or nothing at all."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from django.http import HttpRequest

from learning.fields import Fault
from predictions import catalog
from predictions.errors import InvalidInput, NotAnObject
from predictions.lengths import content_length, is_chunked
from predictions.parsing import read_json
from predictions.reasons import unknown

KNOWN = ("recipe", "forced")


@dataclass(frozen=True, slots=True)
class Asked:
    recipe: str = ""
    forced: bool = False


def read_training(request: HttpRequest, predictor: str) -> Asked:
    """`{"recipe": "…", "forced": true}`.

    Raises UnknownPredictor, MalformedRequest, NotAnObject, InvalidInput.
    """
    recipes = catalog.get(predictor).recipes
    if content_length(request) == 0 and not is_chunked(request):
        return Asked()
    payload = read_json(request).payload
    if not isinstance(payload, Mapping):
        raise NotAnObject('send one JSON object, {"recipe": "…", "forced": true}, or nothing')
    faults = _faults(payload, recipes)
    if faults:
        raise InvalidInput(faults)
    return Asked(**payload)


def _faults(payload: Mapping[str, object], recipes: Sequence[str]) -> list[Fault]:
    faults = unknown(payload.keys() - set(KNOWN), f"only: {', '.join(KNOWN)}")
    if "recipe" in payload and payload["recipe"] not in recipes:
        faults.append(Fault("recipe", "no such recipe", f"one of: {', '.join(recipes)}"))
    if not isinstance(payload.get("forced", False), bool):
        faults.append(Fault("forced", "not a boolean", "true or false"))
    return faults
