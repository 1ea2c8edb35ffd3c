"""The client: one method for each thing that the service does for its users."""

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Literal
from urllib.parse import quote

from valuation_client.asking import asked_once, asked_with, idempotency, joined
from valuation_client.batches import (
    MEDIA_TYPES,
    Batch,
    Format,
    ResultFormat,
    ScoredRow,
    Source,
    result_format,
    scored_rows,
    upload_of,
    wait_until_done,
    write_to,
)
from valuation_client.bitcoin import Bitcoin
from valuation_client.documents import build
from valuation_client.homes import Estimate, Estimates, Include, RecordedPrediction, RequiredFacts
from valuation_client.outcomes import Accuracy, Outcome, OutcomesRecorded
from valuation_client.retries import Retries
from valuation_client.transport import Asked, Transport
from valuation_client.versions import (
    Predictors,
    ServiceVersion,
    Serving,
    Standing,
    Switched,
    VersionDetail,
    Versions,
)

SAFE_TWICE = frozenset({"GET", "HEAD", "PUT", "DELETE"})
"""RFC 9110, 9.2.2."""


class Client:
    """The valuation service at `base_url`, such as `https://valuation.example`. `key`: an API
    key, if the service asks for one. `timeout`: seconds for connecting, and for each block that is
    sent or received. Threads may share it. All methods raise ValuationError: a ProblemError,
    ConnectionFailed or UnexpectedAnswer. ValueError: an address or a key that cannot be one."""

    def __init__(
        self,
        base_url: str,
        key: str | None = None,
        *,
        timeout: float = 30.0,
        retries: Retries | None = None,
    ) -> None:
        self._transport = Transport(
            base_url, key=key, timeout=timeout, retries=retries or Retries()
        )
        self.bitcoin = Bitcoin(self._transport)

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Its connections."""
        self._transport.close()

    # Homes

    def value_home(
        self,
        facts: Mapping[str, object],
        *,
        include: Sequence[Include] = (),
        minimal: bool = False,
        idempotency_key: str | None = None,
    ) -> Estimate:
        """What a home is worth. `facts`: all 18 (`Home`), or with `minimal` those that
        `required_facts` names. Raises InvalidInput with every field that is wrong."""
        path = "/api/predict/minimal/" if minimal else "/api/predict/"
        asked = asked_once(
            path,
            dict(facts),
            key=idempotency_key,
            retries=self._transport.retries,
            params=_including(include),
        )
        return build(Estimate, self._transport.json(asked))

    def value_homes(
        self,
        homes: Sequence[Mapping[str, object]],
        *,
        include: Sequence[Include] = (),
        idempotency_key: str | None = None,
    ) -> Estimates:
        """Up to 1,000 homes at once (50 with `include`), each answered or refused for itself, all
        by the same version. More than these: `submit_batch`."""
        asked = asked_once(
            "/api/predict/bulk/",
            list(homes),
            key=idempotency_key,
            retries=self._transport.retries,
            params=_including(include),
        )
        return build(Estimates, self._transport.json(asked))

    def required_facts(self) -> RequiredFacts:
        """What the active model needs now, and an example."""
        return build(RequiredFacts, self._get("/api/predict/minimal/"))

    def prediction(self, prediction_id: str) -> RecordedPrediction:
        """What was asked and answered under this id. Raises NotFound."""
        return build(RecordedPrediction, self._get(f"/api/predictions/{_part(prediction_id)}/"))

    # Files

    def submit_batch(
        self,
        source: Source,
        *,
        format: Format | None = None,
        model: int | Literal["active"] = "active",
        predictor: str | None = None,
        idempotency_key: str | None = None,
    ) -> Batch:
        """Have a file scored: a path, its content as bytes, or rows. It is sent as it is read, so
        it may be larger than the memory. Rows of an iterator can be had only once: then nothing is
        sent again."""
        upload = upload_of(source, format)
        headers = {"Content-Type": MEDIA_TYPES[upload.format]}
        if upload.is_repeatable:
            headers |= idempotency(idempotency_key, self._transport.retries)
        asked = Asked(
            "POST",
            "/api/batches/",
            joined(model=model, predictor=predictor),
            headers=headers,
            body=upload.body,
            has_body_once=not upload.is_repeatable,
        )
        return build(Batch, self._transport.json(asked))

    def batch(self, batch: Batch | str) -> Batch:
        """How far it is now."""
        return build(Batch, self._get(_batch_path(batch)))

    def cancel(self, batch: Batch | str) -> Batch:
        """Begin no more rows of it."""
        asked = Asked("POST", f"{_batch_path(batch)}cancel/")
        return build(Batch, self._transport.json(asked))

    def wait(
        self,
        batch: Batch | str,
        *,
        timeout: float | None = None,
        on_progress: Callable[[Batch], object] | None = None,
    ) -> Batch:
        """Until it is done; `on_progress` is called with what each look showed. Raises BatchFailed
        if it ends otherwise, WaitTimeout if it is not done after `timeout` seconds (it goes on)."""
        return wait_until_done(
            lambda: self.batch(batch),
            timeout=timeout,
            on_progress=on_progress or (lambda found: None),
        )

    def results(self, batch: Batch | str) -> Iterator[ScoredRow]:
        """Its rows when it is done, in the order of the file, as they come. What breaks off raises
        ConnectionFailed; `download` begins again by itself."""
        asked = Asked("GET", f"{_batch_path(batch)}results/", {"format": "jsonl"})
        return scored_rows(partial(self._transport.open, asked))

    def download(
        self,
        batch: Batch | str,
        path: str | os.PathLike[str],
        *,
        format: ResultFormat | None = None,
    ) -> Path:
        """The results as a file, whole or not at all, in the format that the suffix says
        (`.parquet`, `.jsonl`, else CSV). Only CSV has formulas with an apostrophe before them."""
        target = Path(path)
        query = {"format": format or result_format(target)}
        asked = Asked("GET", f"{_batch_path(batch)}results/", query)
        self._transport.run(asked, partial(write_to, target))
        return target

    # What really happened

    def record_outcomes(
        self, outcomes: Sequence[Outcome], *, idempotency_key: str | None = None
    ) -> OutcomesRecorded:
        """Say what homes sold for, up to 10,000 at once; each is taken or refused for itself.
        Needs the scope `train`."""
        asked = asked_once(
            "/api/outcomes/",
            list(outcomes),
            key=idempotency_key,
            retries=self._transport.retries,
        )
        return build(OutcomesRecorded, self._transport.json(asked))

    def accuracy(
        self,
        predictor: str | None = None,
        *,
        window: str | None = None,
        by: str | None = None,
        on: Literal["recorded", "sale"] | None = None,
        version: int | None = None,
        data: Literal["real", "synthetic"] | None = None,
    ) -> Accuracy:
        """How far off predictions were, by what became of them."""
        asked = joined(predictor=predictor, window=window, by=by, on=on, version=version, data=data)
        return build(Accuracy, self._get("/api/accuracy/", asked))

    # Versions

    def models(self) -> tuple[Standing, ...]:
        """The predictors, each with its active version."""
        return build(Predictors, self._get("/api/models/")).predictors

    def versions(self, predictor: str, *, before: int | None = None) -> Versions:
        """Of a predictor, newest first, 100 at a time."""
        return build(Versions, self._get(_models(predictor), joined(before=before)))

    def model(self, predictor: str, version: int) -> VersionDetail:
        """All that is known of one version."""
        return build(VersionDetail, self._get(f"{_models(predictor)}{version}/"))

    def serving(self, predictor: str) -> Serving:
        """Which version answers in every web process."""
        return build(Serving, self._get(f"{_models(predictor)}serving/"))

    def activate(self, predictor: str, version: int, *, reason: str = "") -> Switched:
        """Let this version answer. Needs the scope `operate`."""
        asked = asked_with("POST", f"{_models(predictor)}{version}/activate/", {"reason": reason})
        return build(Switched, self._transport.json(asked))

    def roll_back(self, predictor: str, *, reason: str = "") -> Switched:
        """Return to the version that answered before. Needs the scope `operate`. It is not sent
        again if it may have been done, for twice goes two versions back: see `versions` then."""
        asked = asked_with(
            "POST", f"{_models(predictor)}rollback/", {"reason": reason}, is_safe_twice=False
        )
        return build(Switched, self._transport.json(asked))

    # The service

    def version(self) -> ServiceVersion:
        """What runs there: the API, the code and each predictor's model."""
        return build(ServiceVersion, self._get("/api/version/"))

    def request(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        params: Mapping[str, str] | None = None,
    ) -> Any:
        """Whatever else the API has (`/api/docs/`): the answer's document. A POST is not sent
        again if it may have been done."""
        safe = method.upper() in SAFE_TWICE
        if body is None:
            asked = Asked(method, path, params or {}, is_safe_twice=safe)
        else:
            asked = asked_with(method, path, body, params=params, is_safe_twice=safe)
        return self._transport.json(asked)

    def _get(self, path: str, params: Mapping[str, str] | None = None) -> Any:
        return self._transport.json(Asked("GET", path, params or {}))


def _including(members: Sequence[str]) -> dict[str, str]:
    return {"include": ",".join(members)} if members else {}


def _part(name: str) -> str:
    return quote(name, safe="")


def _batch_path(batch: Batch | str) -> str:
    return f"/api/batches/{_part(batch.id if isinstance(batch, Batch) else batch)}/"


def _models(predictor: str) -> str:
    return f"/api/models/{_part(predictor)}/"
