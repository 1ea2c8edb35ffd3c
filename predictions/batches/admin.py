from django.contrib import admin
from unfold.decorators import display

from modelregistry.read_only import ReadOnlyAdmin
from predictions.batches.models import Batch

COLOURS = {
    "accepted": "info",
    "scoring": "info",
    "assembling": "info",
    "done": "success",
    "failed": "danger",
    "cancelled": "warning",
}


@admin.register(Batch)
class BatchAdmin(ReadOnlyAdmin):
    """Clients send them and workers score them; here they are looked at."""

    list_display = ("id", "state_label", "model_version", "rows", "caller", "created_at", "took")
    list_filter = ("state", "predictor")
    list_select_related = ("model_version",)
    search_fields = ("=id", "file_name", "caller", "=request_id")
    ordering = ("-created_at",)

    @display(description="state", ordering="state", label=COLOURS)
    def state_label(self, batch: Batch) -> str:
        return batch.state

    @display(description="took")
    def took(self, batch: Batch) -> str:
        if batch.finished_at is None:
            return ""
        return f"{(batch.finished_at - batch.created_at).total_seconds():,.1f} s"

    @display(description="rows done")
    def rows_done(self, batch: Batch) -> str:
        progress = batch.chunks.progress()
        return f"{progress['done']:,}, of them in error {progress['failed']:,}"

    readonly_fields = ("rows_done",)
