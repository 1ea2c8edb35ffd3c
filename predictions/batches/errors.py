"""Refusals of batches. `docs/errors.md` lists every code."""

from collections.abc import Sequence

from learning.fields import Fault
from modelregistry.errors import DomainError


class InvalidFile(DomainError):
    """A file that cannot be scored at all; `errors` names the columns that are wrong."""

    code = "invalid-file"
    title = "The file is not accepted"
    status = 422

    def __init__(self, detail: str, faults: Sequence[Fault] = ()) -> None:
        errors = [fault.as_json() for fault in faults[:100]]
        super().__init__(detail, **({"errors": errors} if errors else {}))


class UploadCutShort(DomainError):
    code = "upload-cut-short"
    title = "The body ended too early"
    status = 400


class NoRoom(DomainError):
    """As many batches, bytes of them, or uploads at the same time, as there may be."""

    code = "no-room"
    title = "There is no room for another batch now"
    status = 503


class StorageUnavailable(DomainError):
    code = "storage-unavailable"
    title = "The file cannot be stored"
    status = 503


class UnknownBatch(DomainError):
    code = "unknown-batch"
    title = "No such batch"
    status = 404


class BatchNotDone(DomainError):
    code = "batch-not-done"
    title = "There are no results"
    status = 409


class ResultsGone(DomainError):
    code = "results-gone"
    title = "The results were removed"
    status = 410


class BadRow(DomainError):
    """A row that is no row: too few cells, no JSON. It is only ever an error in the results."""

    code = "bad-row"
    title = "The row cannot be read"
    status = 422
