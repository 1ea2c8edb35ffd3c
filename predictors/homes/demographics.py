"""U.S. Census figures by zipcode, as every request joins them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from predictions.contract import Reference
from predictors.homes.ml.schema import DEMOGRAPHIC_COLUMNS
from predictors.homes.models import ZipcodeDemographics


@dataclass(frozen=True, slots=True)
class Entry:
    figures: npt.NDArray[np.float64]
    """`(26,)`, in the order of DEMOGRAPHIC_COLUMNS."""
    context: Mapping[str, Any]
    """What an answer says about it."""
    is_synthetic: bool


def read_demographics() -> dict[str, Entry]:
    """By zipcode."""
    return {
        row.zipcode: Entry(
            figures=np.array([getattr(row, name) for name in DEMOGRAPHIC_COLUMNS]),
            context={"demographics": {"zipcode": row.zipcode, "source": str(row.load)}},
            is_synthetic=row.load.is_synthetic,
        )
        for row in ZipcodeDemographics.objects.select_related("load")
    }


DEMOGRAPHICS = Reference(read_demographics)
