"""From what was sent to what became of it."""

from collections.abc import Sequence

from predictions.errors import InvalidInput
from predictions.outcomes import documents
from predictions.outcomes.decoding import Sent, SentFile
from predictions.outcomes.documents import Document
from predictions.outcomes.filing import record_csv
from predictions.outcomes.models import Source
from predictions.outcomes.services import MOST_AT_ONCE, Reported, Result, record_outcomes


def record(sent: Reported | Sequence[Sent] | SentFile, *, recorded_by: str) -> list[Document]:
    """One document for each. Raises InvalidInput for one outcome that came alone and is refused."""
    if isinstance(sent, SentFile):
        filed = record_csv(
            text=sent.text,
            predictor_name=sent.predictor,
            window=sent.window,
            source=Source.API,
            recorded_by=recorded_by,
            most=MOST_AT_ONCE,
        )
        return [documents.result(one.result, line=one.line) for one in filed]
    reports = [sent] if isinstance(sent, Reported) else [one.said for one in sent if one.said]
    results = record_outcomes(reports=reports, source=Source.API, recorded_by=recorded_by)
    if isinstance(sent, Reported):
        if results[0].faults:
            raise InvalidInput(results[0].faults)
        return [documents.result(results[0])]
    recorded = iter(results)
    found = [next(recorded) if one.said else Result(faults=one.faults) for one in sent]
    return [documents.result(result, item=place) for place, result in enumerate(found)]
