"""What OpenAPI says of the model versions: schemas and examples."""

from predictions.openapi import adding
from predictions.versions.schemas import SCHEMAS

complete_schema = adding(SCHEMAS, optional_bodies=("Reason",))
