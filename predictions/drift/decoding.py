"""What is asked for in the address."""

from django.http import HttpRequest

from learning.fields import Fault
from predictions import catalog
from predictions.errors import InvalidInput


def read_predictor(request: HttpRequest) -> str:
    """`?predictor=homes`. Raises InvalidInput."""
    known = ", ".join(predictor.name for predictor in catalog.all_predictors())
    faults = [
        Fault(name[:100], "unknown parameter", "only: predictor")
        for name in sorted(request.GET.keys() - {"predictor"})
    ]
    sent = request.GET.getlist("predictor")
    if len(sent) != 1:
        detail = f"{len(sent)} times" if sent else "missing"
        faults.append(Fault("predictor", detail, f"one of: {known}"))
    if faults:
        raise InvalidInput(faults)
    return sent[0]
