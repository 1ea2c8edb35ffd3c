"""Rows of a batch, asked of one model version, and what the log and the results keep of them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
import pyarrow as pa
from django.conf import settings

from modelregistry.errors import DomainError
from modelregistry.loading import LoadedModel
from predictions import catalog
from predictions.answers import body_of, decoder_for, predictions_of, stored_refusal
from predictions.audit import AuditRow
from predictions.batches.errors import BadRow
from predictions.batches.layout import RESULT_COLUMNS
from predictions.batches.models import Batch
from predictions.batches.reading import Payload, Rows
from predictions.contract import Decoder, Question
from predictions.contract import Rows as Inputs
from predictions.errors import InternalError, InvalidInput
from predictions.models import BATCH
from predictions.parsing import as_text

ROW = "row"
"""The field of a fault that concerns none of the columns."""


@dataclass(frozen=True, slots=True)
class Scored:
    """What became of some rows; all lists as long as there are rows."""

    batch: Batch
    model: LoadedModel
    rows: Rows
    questions: Sequence[Question | None]
    refused: dict[int, DomainError]
    """By place."""
    predictions: Inputs
    """`(n_rows,)`, NaN where a row was refused."""
    bounds: tuple[Inputs, Inputs] | None
    """Lower and upper, each `(n_rows,)`, NaN where refused; None if the model has none."""
    beginning: str
    """Of the ids of all rows, as text."""

    def audit_rows(self, *, latency_ms: float) -> Iterator[AuditRow]:
        batch, model = self.batch, self.model
        prefix, caller, request_id = batch.id_prefix(), batch.caller, str(batch.pk)
        for place, payload in enumerate(self.rows.payloads):
            row = AuditRow(
                id=prefix + (self.rows.first + place).to_bytes(3),
                predictor=batch.predictor,
                endpoint=BATCH,
                caller=caller,
                request_id=request_id,
                api_version=settings.API_VERSION,
                request=b"",
                model_version_id=model.version_id,
                latency_ms=latency_ms,
            )
            question = self.questions[place]
            if question is not None:
                row.features = question.row[0]
                row.subject = question.subject
            if place in self.refused:
                self._refuse(row, place, payload)
            elif question is not None:
                self._answer(row, place, payload, question)
            yield row

    def _refuse(self, row: AuditRow, place: int, payload: Payload) -> None:
        refusal = self.refused[place]
        row.request = as_text(self.rows.raw.get(place, payload))
        row.status, row.error = refusal.status, stored_refusal(refusal)

    def _answer(self, row: AuditRow, place: int, payload: Payload, question: Question) -> None:
        row.prediction = float(self.predictions[place])
        body = body_of(self.model, question, row.prediction, self.id_of(place))
        if self.bounds is not None:
            lower, upper = self.bounds
            body["interval"] = {"lower": float(lower[place]), "upper": float(upper[place])}
        row.request, row.response = orjson.dumps(payload), orjson.dumps(body)

    def id_of(self, place: int) -> str:
        return f"{self.beginning}{self.rows.first + place:06x}"

    def table(self) -> pa.Table:
        """The columns of the file as text, as they came, and those of RESULT_COLUMNS."""
        count = len(self.rows)
        lower, upper = self.bounds or (np.full(count, np.nan),) * 2
        said = {place: _said(error) for place, error in self.refused.items()}
        columns = [pa.array(column, pa.string()) for column in self.rows.columns]
        columns += [
            pa.array(numbers, pa.float64(), from_pandas=True)
            for numbers in (self.predictions, lower, upper)
        ]
        columns += [
            pa.array(np.full(count, self.model.version, dtype=np.int32)),
            pa.array([self.id_of(place) for place in range(count)], pa.string()),
            pa.array([said.get(place) for place in range(count)], pa.string()),
        ]
        return pa.table(columns, names=[*self.batch.columns, *RESULT_COLUMNS])

    def faults(self) -> dict[str, int]:
        """How many there are of each field."""
        return Counter(field for error in self.refused.values() for field in _fields_of(error))

    def errors(self, most: int) -> list[dict[str, Any]]:
        return [
            {"row": self.rows.first + place, "id": self.id_of(place), "errors": _errors_of(error)}
            for place, error in sorted(self.refused.items())[:most]
        ]


def score_rows(batch: Batch, model: LoadedModel, rows: Rows) -> Scored:
    """Raises NotReady, and what the database raises."""
    refused = dict(rows.faults)
    questions = _understood(decoder_for(model, minimal=batch.minimal), rows, refused)
    places = [place for place, question in enumerate(questions) if question is not None]
    predictions = np.full(len(rows), np.nan)
    bounds = None
    if places:
        inputs = np.concatenate([questions[place].row for place in places])  # type: ignore[union-attr]
        predictions[places] = predictions_of(model, inputs)
        found = catalog.get(model.predictor).intervals(model, inputs)
        if found is not None:
            bounds = _spread(found[0], places, len(rows)), _spread(found[1], places, len(rows))
        for place in places:
            if not np.isfinite(predictions[place]):
                predictions[place] = np.nan
                refused[place] = InternalError("the model has no answer to this; it is in the log")
    beginning = _as_text(batch.id_prefix())
    return Scored(batch, model, rows, questions, refused, predictions, bounds, beginning)


def _understood(
    decode: Decoder, rows: Rows, refused: dict[int, DomainError]
) -> list[Question | None]:
    """Adds to `refused` what is not."""
    questions: list[Question | None] = []
    for place, payload in enumerate(rows.payloads):
        question = None
        if place not in refused:
            try:
                question = decode(payload)
            except InvalidInput as error:
                refused[place] = error
        questions.append(question)
    return questions


def _spread(found: Inputs, places: Sequence[int], count: int) -> Inputs:
    whole = np.full(count, np.nan)
    whole[places] = found
    return whole


def _as_text(prefix: bytes) -> str:
    """The beginning of a UUID."""
    text = prefix.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def _errors_of(error: DomainError) -> list[dict[str, str]]:
    if isinstance(error, InvalidInput):
        # What it quotes from the file may hold NUL, which PostgreSQL cannot keep.
        return [
            {name: text.replace("\x00", "\ufffd") for name, text in fault.as_json().items()}
            for fault in error.faults
        ]
    accepted = "as many cells as the header, or one JSON object"
    if not isinstance(error, BadRow):
        accepted = ""
    return [{"field": ROW, "detail": error.detail, "accepted": accepted}]


def _fields_of(error: DomainError) -> set[str]:
    return {found["field"] for found in _errors_of(error)}


def _said(error: DomainError) -> str:
    """For people: `bedrooms: "many" is not a number (a whole number from 0 to 50)`."""
    return "; ".join(
        f"{found['field']}: {found['detail']}"
        + (f" ({found['accepted']})" if found["accepted"] else "")
        for found in _errors_of(error)
    )
