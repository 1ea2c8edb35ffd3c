"""The audit log's rows as PostgreSQL takes them: one prepared INSERT, parameters in binary.

The request path writes here and nowhere else; `predictions.models.Prediction` reads.
"""

import struct
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

# Seconds from 1970 to 2000, where PostgreSQL's binary timestamps begin, as microseconds.
EPOCH_2000 = 946_684_800_000_000
FLOAT8 = 701

# Column, type of its parameter (pg_type.oid is fixed for these), binary or not.
_COLUMNS = (
    ("id", 2950, 1),  # uuid
    ("created_at", 1184, 1),  # timestamptz
    ("predictor", 1043, 0),  # varchar
    ("endpoint", 1043, 0),
    ("model_version_id", 20, 1),  # int8
    ("request", 114, 0),  # json
    ("features", 1022, 1),  # float8[]
    ("prediction", FLOAT8, 1),
    ("response", 114, 0),
    ("error", 114, 0),
    ("status", 21, 1),  # int2
    ("latency_ms", FLOAT8, 1),
    ("caller", 1043, 0),
    ("request_id", 1043, 0),
    ("api_version", 1043, 0),
    ("subject", 2950, 1),
)
WIDTH = len(_COLUMNS)
TYPES = tuple(oid for _, oid, _ in _COLUMNS)
REQUEST_ID = [name for name, _, _ in _COLUMNS].index("request_id")
"""Its place among the parameters of a row."""
FORMATS = tuple(binary for _, _, binary in _COLUMNS)

_INT2 = struct.Struct(">h").pack
_INT8 = struct.Struct(">q").pack
_DOUBLE = struct.Struct(">d").pack
_ARRAY_HEADER = struct.Struct(">iiiii").pack
_ELEMENT = np.dtype([("size", ">i4"), ("value", ">f8")])

Parameters = list[bytes | None]


@dataclass(slots=True)
class AuditRow:
    """One request and what came of it. JSON members are text, as sent and as answered."""

    id: bytes
    """UUIDv7, 16 bytes."""
    predictor: str
    endpoint: str
    caller: str
    request_id: str
    api_version: str
    request: bytes
    status: int = 200
    latency_ms: float = 0.0
    model_version_id: int | None = None
    features: npt.NDArray[np.float64] | None = None
    """`(n_features,)`, in the order of the model version."""
    prediction: float | None = None
    response: bytes | None = None
    error: bytes | None = None
    subject: bytes | None = None
    """16 bytes: what was asked about, if the predictor says so."""

    def parameters(self) -> Parameters:
        """`(WIDTH,)` values in the order of the columns."""
        version = self.model_version_id
        return [
            self.id,
            _INT8(time.time_ns() // 1000 - EPOCH_2000),
            self.predictor.encode(),
            self.endpoint.encode(),
            None if version is None else _INT8(version),
            self.request,
            None if self.features is None else _float_array(self.features),
            None if self.prediction is None else _DOUBLE(self.prediction),
            self.response,
            self.error,
            _INT2(self.status),
            _DOUBLE(self.latency_ms),
            self.caller.encode(),
            self.request_id.encode(),
            self.api_version.encode(),
            self.subject,
        ]


def _float_array(values: npt.NDArray[np.float64]) -> bytes:
    """PostgreSQL's binary array: dimensions, no NULLs, element type, length, first index."""
    elements = np.empty(len(values), dtype=_ELEMENT)
    elements["size"] = 8
    elements["value"] = values
    return _ARRAY_HEADER(1, 0, FLOAT8, len(values), 1) + elements.tobytes()


def insert_statement(rows: int) -> bytes:
    """INSERT of so many rows.

    A row that is already there is left alone: after a lost connection the same rows are sent again,
    and nobody knows whether they had arrived.
    """
    columns = ", ".join(name for name, _, _ in _COLUMNS)
    values = ", ".join(
        f"({', '.join(f'${row * WIDTH + column + 1}' for column in range(WIDTH))})"
        for row in range(rows)
    )
    return (
        f"INSERT INTO predictions_prediction ({columns}) VALUES {values} "  # noqa: S608
        "ON CONFLICT (id) DO NOTHING"
    ).encode()


def flattened(rows: Sequence[Parameters]) -> Parameters:
    return [value for row in rows for value in row]


COPY = (
    f"COPY predictions_prediction ({', '.join(name for name, _, _ in _COLUMNS)}) FROM STDIN BINARY"
)
_COUNT, _SIZE = struct.Struct(">h").pack, struct.Struct(">i").pack
COPY_BEGINS = b"PGCOPY\n\xff\r\n\0" + bytes(8)
COPY_ENDS = _COUNT(-1)


def copied(row: Parameters) -> bytes:
    """A row for COPY: the values as for INSERT, since the binary form of a text is the text."""
    values = [_SIZE(-1) if value is None else _SIZE(len(value)) + value for value in row]
    return _COUNT(WIDTH) + b"".join(values)
