"""`parameters.toml`, read once and checked by its types."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FILE = Path(__file__).parent / "parameters.toml"


@dataclass(frozen=True, slots=True)
class Linear:
    alpha: float
    trend_recent_days: float
    trend_step_days: float
    trend_horizon_days: float
    knots: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Neighbourhood:
    neighbours: int
    miles: tuple[float, ...]
    unlikeness: tuple[float, ...]
    shrink: tuple[float, ...]
    log_living: float
    grade: float
    yr_built: float
    log_lot: float


@dataclass(frozen=True, slots=True)
class Boosting:
    parts: int
    seeds: int
    iterations: int
    learning_rate: float
    depth: int
    l2_leaf_reg: float
    subsample: float
    rsm: float
    border_count: int
    huber_delta: float
    weight_by_price: float
    sales_per_tree: int
    share_of_left_over: float


@dataclass(frozen=True, slots=True)
class IntervalParameters:
    level: float
    bands: int
    shrink: float
    sizes_iterations: int
    sizes_learning_rate: float
    sizes_depth: int
    sizes_l2_leaf_reg: float
    sizes_rsm: float
    parts: int
    latest: float


@dataclass(frozen=True, slots=True)
class WarningParameters:
    few_sales: int
    old_months: float
    far_miles: float


@dataclass(frozen=True, slots=True)
class Parameters:
    seed: int
    linear: Linear
    neighbourhood: Neighbourhood
    boosting: Boosting
    interval: IntervalParameters
    warning: WarningParameters


def read_parameters(file: Path = FILE) -> Parameters:
    """Raises TypeError for a name that is missing or unknown."""
    found = tomllib.loads(file.read_text())
    near: dict[str, Any] = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in found.pop("neighbourhood").items()
    }
    return Parameters(
        linear=Linear(**found.pop("linear")),
        neighbourhood=Neighbourhood(**near),
        boosting=Boosting(**found.pop("boosting")),
        warning=WarningParameters(**found.pop("warning")),
        interval=IntervalParameters(**found.pop("interval")),
        **found,
    )
