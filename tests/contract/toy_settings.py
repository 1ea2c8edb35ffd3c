"""The product's settings with one line more.

The tests' database is the one that is named, and so is where its models' files are.
"""

import os
from pathlib import Path
from typing import Any, cast

from housing_api.predictors import PREDICTOR_APPS

PREDICTOR_APPS.append("tests.contract.toy")  # the line

from housing_api.settings import *  # noqa: E402, F403
from housing_api.settings import DATABASES, STORAGES  # noqa: E402

DATABASES["default"]["TEST"] = {"NAME": DATABASES["default"]["NAME"]}
cast(Any, STORAGES)["artifacts"]["OPTIONS"]["location"] = Path(os.environ["ARTIFACTS"])
