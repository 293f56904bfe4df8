"""Synthetic conversations: drawn text, tiny drawn pictures, and a task for each, in transactions of many."""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, field

import numpy as np
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import transaction
from PIL import Image as Picture

from annotate.formats.images import normalise
from annotate.formats.markdown import RENDERER_VERSION
from annotate.models import Batch, Conversation, Image, MessagePart, Project, Response, Task, TaskPath, Turn
from annotate.pipeline.copying import draw_ids, insert_new
from annotate.pipeline.simulating import texts
from annotate.pipeline.simulating.plans import Plan
from annotate.stats.simulation import SOURCES, generator

_CHUNK = 250
_PICTURES = 12
_CHINESE = 0.25  # of the conversations


@dataclass(slots=True)
class _Rows:
    conversations: list[Conversation] = field(default_factory=list)
    turns: list[Turn] = field(default_factory=list)
    responses: list[Response] = field(default_factory=list)
    parts: list[MessagePart] = field(default_factory=list)
    tasks: list[Task] = field(default_factory=list)
    paths: list[TaskPath] = field(default_factory=list)


def make_conversations(project: Project, batch: Batch, plan: Plan) -> int:
    """Create those of the plan's conversations that are missing, each with its task; return how many were."""
    names = [f"sim-{number}" for number in range(1, plan.conversations + 1)]
    known = set(Conversation.objects.filter(project=project).values_list("external_id", flat=True))
    missing = [name for name in names if name not in known]
    pictures = _pictures(project) if plan.images and missing else []
    for first in range(0, len(missing), _CHUNK):
        rows = _Rows()
        for name in missing[first : first + _CHUNK]:
            _draw(rows, name, project, batch, plan, pictures)
        with transaction.atomic():
            draw_ids(rows.responses)  # turns name the response that they follow
            for made in (rows.conversations, rows.turns, rows.responses, rows.parts, rows.tasks, rows.paths):
                insert_new(made)
    return len(missing)


def _draw(  # noqa: PLR0913, PLR0917 - rows and what they belong to
    rows: _Rows, name: str, project: Project, batch: Batch, plan: Plan, pictures: list[Image]
) -> None:
    rng = generator(plan.seed, "conversation", name)
    language = "zh" if rng.random() < _CHINESE else "en"
    conversation = Conversation(
        project=project, identity=_identity(plan, name), external_id=name, language=language
    )
    task = Task(batch=batch, conversation=conversation, overlap=plan.overlap, open_slots=plan.overlap)
    leaves: list[Response] = []
    parent: Response | None = None
    for number in range(1, plan.turns + 1):
        turn = Turn(
            conversation=conversation, parent=parent, number=number, identity=_identity(plan, name, number)
        )
        rows.turns.append(turn)
        rows.parts.append(_text(texts.question(rng, language), turn=turn))
        sources = rng.permutation(np.resize(list(SOURCES), max(plan.candidates, len(SOURCES))))
        made = [
            Response(
                turn=turn, identity=_identity(plan, name, number, which), source_model=str(sources[which])
            )
            for which in range(plan.candidates)
        ]
        for response in made:
            rows.parts.append(_text("\n\n".join(texts.answer(rng, language)), response=response))
            if pictures:
                picture = pictures[rng.integers(len(pictures))]
                rows.parts.append(
                    MessagePart(response=response, position=1, kind="image", image=picture, caption="")
                )
        rows.responses += made
        parent = made[0]
        leaves = [*made, *leaves[1:]]
    rows.conversations.append(conversation)
    rows.tasks.append(task)
    rows.paths += [
        TaskPath(task=task, response=leaf, position=place, whole=place == 0)
        for place, leaf in enumerate(leaves)
    ]


def _identity(plan: Plan, *names: object) -> bytes:
    return hashlib.sha256(repr(("simulated", plan.seed, *names)).encode()).digest()


def _text(words: str, **owner: Turn | Response) -> MessagePart:
    html = "".join(
        f"<p>{paragraph}</p>" for paragraph in words.split("\n\n")
    )  # plain words: nothing to escape
    return MessagePart(**owner, position=0, kind="text", text=words, html=html, html_version=RENDERER_VERSION)


def _pictures(project: Project) -> list[Image]:
    """Return the project's tiny pictures, each a slope between two colours; made on first use."""
    made = []
    for number in range(_PICTURES):
        rng = generator(number, "picture")
        ends = rng.integers(40, 256, size=(2, 1, 1, 3))
        slope = np.linspace(0, 1, 32)[None, :, None]
        pixels = np.broadcast_to(ends[0] * (1 - slope) + ends[1] * slope, (24, 32, 3)).astype(np.uint8)
        file = io.BytesIO()
        Picture.fromarray(pixels).save(file, "PNG")
        image = normalise(file.getvalue())
        name = f"images/{project.uid}/{image.pixel_sha256}.{image.media_type.rpartition('/')[2]}"
        if not default_storage.exists(name):
            default_storage.save(name, ContentFile(image.data))
        row, _ = Image.objects.get_or_create(
            project=project,
            sha256=image.pixel_sha256,
            defaults={
                "file": name,
                "media_type": image.media_type,
                "width": image.width,
                "height": image.height,
                "size": len(image.data),
            },
        )
        made.append(row)
    return made
