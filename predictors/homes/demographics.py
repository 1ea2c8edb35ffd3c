"""U.S. Census figures by zipcode, as every request joins them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from predictions.references import Reference
from predictors.homes.ml.schema import DEMOGRAPHIC_COLUMNS
from predictors.homes.models import ZipcodeDemographics

JOINED_COLUMNS = (*DEMOGRAPHIC_COLUMNS, "zipcode")
"""What a zipcode brings into a model's row; itself as a number."""


@dataclass(frozen=True, slots=True)
class Entry:
    figures: npt.NDArray[np.float64]
    """`(27,)`, in the order of JOINED_COLUMNS."""
    context: Mapping[str, Any]
    """What an answer says about it."""
    is_synthetic: bool


def read_demographics() -> dict[str, Entry]:
    """By zipcode."""
    return {
        row.zipcode: Entry(
            figures=np.array([float(getattr(row, name)) for name in JOINED_COLUMNS]),
            context={"demographics": {"zipcode": row.zipcode, "source": str(row.load)}},
            is_synthetic=row.load.is_synthetic,
        )
        for row in ZipcodeDemographics.objects.select_related("load")
    }


DEMOGRAPHICS = Reference(read_demographics)
