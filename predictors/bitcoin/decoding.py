"""From the last sixty traded seconds to the row of a model, and what the answer rests on."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from learning.fields import Fault, Field, check_value
from predictions.contract import Question
from predictions.errors import InvalidInput
from predictors.bitcoin.ml.features import naive, one_row
from predictors.bitcoin.ml.targets import CURRENT_HIGH, DEFAULT, FORECASTS, TARGETS, code_of
from predictors.bitcoin.windows import ENVELOPE, Window, flat_facts, read_window, warnings_of

TARGET = "target"
TARGET_FIELD = Field(
    TARGET,
    "choice",
    "What is asked for. Next is the next second that trades; the current high is nearly known "
    "from the open and the close, and no forecast.",
    example=DEFAULT,
    optional=True,
    choices=TARGETS,
)


class WindowDecoder:
    """Immutable; shared by all threads. For a model with these inputs."""

    def __init__(self, feature_names: Sequence[str]) -> None:
        self._names = tuple(feature_names)
        self._targets = targets_of(feature_names)

    def __call__(self, payload: Mapping[str, Any]) -> Question:
        """Raises InvalidInput with every fault."""
        sent, target = unwrapped(payload)
        faults = self._faults_in_target(target)
        try:
            window = read_window(sent)
        except InvalidInput as error:
            raise InvalidInput([*faults, *error.faults]) from None
        if faults:
            raise InvalidInput(faults)
        return self._question(window, self._targets[0] if target is None else target)

    def _question(self, window: Window, target: str) -> Question:
        row = one_row(window, code_of(target), self._names)
        return Question(
            row=row.reshape(1, -1),
            context={
                TARGET: target,
                "naive": naive_guesses(window, target),
                "warnings": warnings_of(window),
            },
            subject=subject_of(window, target),
        )

    def _faults_in_target(self, target: Any) -> list[Fault]:
        if target is None:
            return []
        checked = check_value(TARGET_FIELD, target)
        if isinstance(checked, Fault):
            return [checked]
        if target not in self._targets:
            detail = f"the active version does not answer {target}"
            return [Fault(TARGET, detail, f"one of {', '.join(self._targets)}")]
        return []


def targets_of(feature_names: Sequence[str]) -> tuple[str, ...]:
    """What a model with these inputs answers; the first if nothing is said.

    One that is not told what is asked for is the handed-over one, which learned the current high.
    """
    return TARGETS if TARGET in feature_names else (CURRENT_HIGH,)


def unwrapped(payload: Mapping[str, Any]) -> tuple[Any, Any]:
    """The seconds and the target, of any form. Raises InvalidInput for names beside them."""
    if ENVELOPE in payload:
        if len(payload) > 1 + (TARGET in payload):
            accepted = f"only: {ENVELOPE}, {TARGET}"
            unknown = payload.keys() - {ENVELOPE, TARGET}
            raise InvalidInput([Fault(name[:100], "unknown field", accepted) for name in unknown])
        sent = payload[ENVELOPE]
    else:
        sent = payload
        if TARGET in payload:
            sent = {name: value for name, value in payload.items() if name != TARGET}
    target = payload.get(TARGET)
    if target is None and TARGET in payload:
        raise InvalidInput([Fault(TARGET, "null is not accepted", TARGET_FIELD.accepted)])
    return sent, target


def facts_of(payload: Mapping[str, Any]) -> dict[str, Any]:
    """A value for each field of the flat form, and the target if there was one."""
    sent, target = unwrapped(payload)
    facts = flat_facts(sent)
    return facts if target is None else {**facts, TARGET: target}


def naive_guesses(window: Window, target: str) -> dict[str, float]:
    """What one would say without any model, USD."""
    if target not in FORECASTS:
        current = window[-1]
        return {
            "last_close": float(current[3]),
            "max_open_close": float(max(current[0], current[3])),
        }
    last, ewma = naive(window[np.newaxis])
    return {"last_close": float(last[0]), "ewma": float(ewma[0])}


def subject_of(window: Window, target: str) -> bytes:
    """16 bytes: equal for the same seconds and target, whether the current high was sent or not."""
    known = window + 0.0  # a copy in which -0.0 is 0.0, which it equals
    known[-1, 1] = 0.0
    digest = hashlib.blake2b(known.tobytes(), digest_size=16, person=target.encode())
    return digest.digest()
