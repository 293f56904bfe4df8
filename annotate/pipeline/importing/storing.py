"""Store a group of records in one transaction, in a number of statements that does not grow with it.

Everything is decided in memory before anything is written, record by record: one that is refused
adds nothing, and the others of its group are stored. Imports into one project take turns, group by
group, so that two imports of one file meet each other's rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from django.db import connection

from annotate.formats import markdown
from annotate.formats.records import FormatError
from annotate.models import (
    Batch,
    Conversation,
    Image,
    ImportRun,
    MessagePart,
    Project,
)
from annotate.pipeline.copying import draw_ids, insert_new
from annotate.pipeline.importing import placing, trees
from annotate.pipeline.importing.pictures import Picture
from annotate.pipeline.importing.placing import Placed, Placement
from annotate.pipeline.importing.prepared import PreparedRecord
from annotate.pipeline.importing.report import Report
from annotate.pipeline.importing.revisions import Source, source_user
from annotate.pipeline.importing.trees import Addition, KnownTree


@dataclass(frozen=True, slots=True)
class Destination:
    """Where an import goes, and on whose behalf its labels stand."""

    run: ImportRun
    project: Project
    batch: Batch
    format_name: str


@dataclass(slots=True)
class _Group:
    """The records of one transaction with all that they touch."""

    trees: dict[bytes, KnownTree]
    report: Report
    placed: Placed
    additions: list[tuple[PreparedRecord, Addition]] = field(default_factory=list)
    grown: set[int] = field(default_factory=set)  # records that added something, by place in the list
    pictures: dict[str, Picture] = field(default_factory=dict)
    warned: list[Conversation] = field(default_factory=list)  # stored ones with further content warnings


def store(to: Destination, records: Sequence[PreparedRecord], report: Report) -> None:
    """Store these records, to be called inside a transaction; the report takes in counts and refusals."""
    _take_turns(to.project)
    group = _Group(trees.load(to.project, records), report, Placed(to.batch))
    for prepared in records:
        _merge(to, group, prepared)
    placements = _place(to, group)
    source = _label(to, group, placements)
    for number, (_, addition) in enumerate(group.additions):
        if number in group.grown:
            report.merged += addition.shared
        else:
            report.unchanged += 1
    _write(to, group)
    if source:
        source.write()


def _take_turns(project: Project) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"import {project.uid}"])


def _merge(to: Destination, group: _Group, prepared: PreparedRecord) -> None:
    record = prepared.record
    tree = group.trees.get(prepared.root)
    if tree is None:
        tree = KnownTree(
            Conversation(
                project=to.project,
                import_run=to.run,
                identity=prepared.root,
                external_id=record.external_id,
                language=record.language or to.project.language,
                meta=dict(record.meta),
            )
        )
    warnings = [one for one in record.content_warnings if one not in tree.row.content_warnings]
    try:
        addition = trees.merge(tree, prepared)
    except FormatError as error:
        group.report.refuse(error)
        return
    addition.apply()
    if warnings:
        tree.row.content_warnings = [*tree.row.content_warnings, *warnings]
        group.grown.add(len(group.additions))
        if not tree.is_new:
            group.warned.append(tree.row)
    group.trees[prepared.root] = tree
    for node in (node for turn in prepared.turns for node in (turn.node, *turn.candidates)):
        group.pictures |= {part.picture.sha256: part.picture for part in node.parts if part.picture}
    if addition.turns or addition.responses:
        group.grown.add(len(group.additions))
    group.additions.append((prepared, addition))


def _place(to: Destination, group: _Group) -> dict[KnownTree, Placement]:
    placements = placing.load(to.batch, group.trees.values())
    wanting = [
        (number, prepared, addition)
        for number, (prepared, addition) in enumerate(group.additions)
        if any(placing.new_paths(placements[addition.tree], addition, prepared.record.paths))
        or any(placing.unlisted(placements[addition.tree], addition))
    ]
    if wanting:
        placing.let_grow((placements[addition.tree] for _, _, addition in wanting), lock=not to.run.dry_run)
    for number, prepared, addition in wanting:
        placement = placements[addition.tree]
        for path in placing.new_paths(placement, addition, prepared.record.paths):
            placing.place(placement, group.placed, addition, addition.nodes[path.response], path)
            group.report.created.paths += 1
            group.grown.add(number)
        for response in placing.unlisted(placement, addition):
            if placing.takes_unlisted(placement, response):
                placing.place(placement, group.placed, addition, response)
                group.grown.add(number)
    placing.narrow((placements[addition.tree] for _, _, addition in wanting), to.batch)
    return placements


def _label(to: Destination, group: _Group, placements: dict[KnownTree, Placement]) -> Source | None:
    if not any(prepared.labels for prepared, _ in group.additions):
        return None
    source = Source(source_user(to.project.slug, to.format_name), to.batch)
    source.load(group.trees.values())
    for number, (prepared, addition) in enumerate(group.additions):
        if not prepared.labels:
            continue
        record = prepared.record
        task = placements[addition.tree].task_of(addition.nodes[record.paths[0].response])
        if source.add(addition.tree, task, prepared.labels, addition.nodes, record.external_id):
            group.report.created.labels += prepared.labels.count
            group.grown.add(number)
    return source


def _write(to: Destination, group: _Group) -> None:
    created = group.report.created
    additions = [addition for _, addition in group.additions]
    conversations = [tree.row for tree in group.trees.values() if tree.is_new]
    turns = [turn for addition in additions for turn in addition.turns]
    responses = [response for addition in additions for response in addition.responses]
    insert_new(conversations)
    Conversation.objects.bulk_update(group.warned, ["content_warnings"])
    # Turns and responses name each other, so their ids are drawn before either is written.
    draw_ids([turn.row for turn in turns])
    draw_ids([response.row for response in responses])
    insert_new([turn.row for turn in turns])
    insert_new([response.row for response in responses])
    parts = [part for turn in turns for part in turn.parts]
    parts += [part for response in responses for part in response.parts]
    created.images += _write_parts(to, group, parts)
    changed = {part.row.pk: part.row for addition in additions for part, _ in addition.aliases if part.row.pk}
    MessagePart.objects.bulk_update(changed.values(), ["aliases"])
    insert_new(group.placed.tasks)
    insert_new(group.placed.paths)
    created.conversations += len(conversations)
    created.turns += len(turns)
    created.responses += len(responses)
    created.tasks += len(group.placed.tasks)


def _write_parts(to: Destination, group: _Group, parts: Sequence[trees.KnownPart]) -> int:
    """Insert the parts of new messages with the images that they show; return how many images are new."""
    wanted = {part.sha256 for part in parts if part.sha256}
    images = dict(Image.objects.filter(project=to.project, sha256__in=wanted).values_list("sha256", "id"))
    new = [
        Image(
            project=to.project,
            sha256=picture.sha256,
            file=picture.file,
            media_type=picture.media_type,
            width=picture.width,
            height=picture.height,
            size=picture.size,
        )
        for picture in (group.pictures[sha256] for sha256 in sorted(wanted - images.keys()))
    ]
    insert_new(new)
    images |= {image.sha256: image.pk for image in new}
    for part in parts:
        if part.is_image:
            part.row.image_id = images.get(part.sha256)
        else:
            part.row.html = _html(part.text)
            part.row.html_version = markdown.RENDERER_VERSION
    insert_new([part.row for part in parts])
    return len(new)


@lru_cache(maxsize=1024)
def _html(text: str) -> str:
    """Render a text; greetings and follow-up questions repeat throughout a file."""
    return markdown.render(text)
