"""Comparing what is asked of the active versions with what they learned from."""

import logging

from modelregistry.errors import DomainError
from modelregistry.models import ModelVersion
from predictions.drift.models import TrainingProfile
from predictions.drift.profiles import profile_for

logger = logging.getLogger(__name__)


def keep_profile(*, version: ModelVersion) -> None:
    """To be called once a version is trained, while the tables still hold what it learned from.

    Does nothing if it is there. Never fails a training: what could not be made now is made, and
    marked so, at the version's first check.
    """
    try:
        profile_for(version, TrainingProfile.Source.TRAINING)
    except DomainError as error:
        logger.warning("no training profile of %s yet: %s", version, error.detail)
