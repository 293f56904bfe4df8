"""What an import did, as it is stored with the run and printed."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Self

from annotate.formats.records import FormatError

MAX_REFUSALS = 10_000  # more are counted, not listed


@dataclass(slots=True)
class Created:
    """New rows. A label is a rating or a comparison that the file holds; paths are those it lists."""

    conversations: int = 0
    paths: int = 0
    turns: int = 0
    responses: int = 0
    images: int = 0
    labels: int = 0
    tasks: int = 0


@dataclass(slots=True)
class Report:
    """What an import did so far.

    ``merged`` counts turns and responses that were there already when a record added something to
    their tree, ``unchanged`` the records that added nothing, ``refusals`` all the refused ones, of
    which ``refused`` lists the first 10,000 with place, code and detail.
    """

    created: Created = field(default_factory=Created)
    merged: int = 0
    unchanged: int = 0
    refusals: int = 0
    refused: list[dict[str, str]] = field(default_factory=list)

    @classmethod
    def from_stored(cls, stored: dict[str, Any]) -> Self:
        """Return the report that an earlier pass left in its run."""
        if not stored.get("created"):
            return cls()
        return cls(
            created=Created(**stored["created"]),
            merged=stored["merged"],
            unchanged=stored["unchanged"],
            refusals=stored["refusals"],
            refused=stored["refused"],
        )

    def refuse(self, error: FormatError) -> None:
        """Note a record that was not taken, or a file that cannot be read."""
        self.refusals += 1
        if len(self.refused) < MAX_REFUSALS:
            self.refused.append({"place": error.place, "code": error.code, "detail": error.detail})

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain data for JSON."""
        return asdict(self)

    @property
    def is_failure(self) -> bool:
        """Whether nothing could be imported: something was refused, and nothing taken or found again."""
        return bool(self.refusals) and not (
            self.merged or self.unchanged or any(asdict(self.created).values())
        )
