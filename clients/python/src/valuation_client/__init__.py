"""Typed client of the valuation service. Start with `Client`."""

from valuation_client.batches import Batch, ScoredRow
from valuation_client.bitcoin import BitcoinAccuracy, Forecast
from valuation_client.client import Client
from valuation_client.errors import (
    BatchFailed,
    Conflict,
    ConnectionFailed,
    Fault,
    Forbidden,
    InvalidInput,
    NotAuthenticated,
    NotFound,
    ProblemError,
    TooManyRequests,
    Unavailable,
    UnexpectedAnswer,
    ValuationError,
    WaitTimeout,
)
from valuation_client.homes import Estimate, Estimates, Home, Model, Refusal
from valuation_client.outcomes import Accuracy, Outcome, OutcomesRecorded
from valuation_client.retries import Retries
from valuation_client.version import __version__

__all__ = [
    "Accuracy",
    "Batch",
    "BatchFailed",
    "BitcoinAccuracy",
    "Client",
    "Conflict",
    "ConnectionFailed",
    "Estimate",
    "Estimates",
    "Fault",
    "Forbidden",
    "Forecast",
    "Home",
    "InvalidInput",
    "Model",
    "NotAuthenticated",
    "NotFound",
    "Outcome",
    "OutcomesRecorded",
    "ProblemError",
    "Refusal",
    "Retries",
    "ScoredRow",
    "TooManyRequests",
    "Unavailable",
    "UnexpectedAnswer",
    "ValuationError",
    "WaitTimeout",
    "__version__",
]
