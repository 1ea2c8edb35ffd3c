import logging

from celery import shared_task
from django.utils import timezone

from predictions import catalog
from predictions.thinning.services import thin_versions

logger = logging.getLogger(__name__)


# What is removed already is found no more: one that is lost or doubled does no harm.
@shared_task(name="predictions.versions.thin")
def thin() -> None:
    for predictor in catalog.all_predictors():
        try:
            removed = thin_versions(predictor=predictor.name, now=timezone.now())
        except OSError:  # of the storage; the others' turn comes all the same
            logger.exception("%s: files could not be removed", predictor.name)
            continue
        if removed:
            logger.info("%s: the files of %d versions were removed", predictor.name, len(removed))
