"""Which models the responses of a project came from. For managers only."""

from __future__ import annotations

from annotate.models import Response


def source_models(project_id: int) -> list[str]:
    """Return their names in order."""
    found = Response.objects.filter(turn__conversation__project=project_id).exclude(source_model="")
    return sorted(set(found.values_list("source_model", flat=True).distinct()))
