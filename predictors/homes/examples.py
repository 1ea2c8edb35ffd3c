"""Homes to try the service with: some of the file of homes that nobody has sold yet."""

from typing import Any

from predictors.homes.ml.schema import HOME_COLUMNS
from predictors.homes.models import DataLoad, ExampleHome

SHOWN = 12


def examples() -> dict[str, Any]:
    """From all parts of the file; none, if none was loaded that can be valued."""
    load = DataLoad.objects.latest_of(DataLoad.Dataset.EXAMPLES)
    shown = ExampleHome.objects.valued(SHOWN)
    return {
        "data": load and ("synthetic" if load.is_synthetic else "real"),
        "source": load and str(load),
        # As the columns stand in files: jsonb has an order of its own.
        "examples": [{name: home[name] for name in HOME_COLUMNS} for home in shown],
    }
