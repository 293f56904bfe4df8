"""Named scorers and their settings, read from YAML; nothing here loads a model.

A file maps names to settings, and ``kind`` says which settings there are:

    skywork:
      kind: outcome
      model: /models/Skywork-VL-Reward-7B
      max_pixels: 1003520
      comparability: prompt

What is not written keeps its default. `builtin` holds the published models without a folder.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

import msgspec
from msgspec import Meta, Struct

from inference.types import ScorerInfo

Dtype = Literal["float32", "bfloat16"]
Comparability = Literal["prompt", "global"]
Positive = Annotated[int, Meta(ge=1)]
Seconds = Annotated[float, Meta(gt=0)]
TOKEN_LIMIT = 32_768

MEANING: dict[Comparability, str] = {
    "prompt": "Only differences between answers to the same prompt mean something.",
    "global": "From 0 to 1, the same scale for every prompt.",
}


class ConfigurationError(ValueError):
    """What is wrong with a configuration, and where."""


class _Common(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, tag_field="kind"):
    """What every kind has. ``trained`` false keeps its scores out of statistics and releases."""

    title: str = ""
    trained: bool = True
    licence: str = ""
    notes: str = ""


class _Model(_Common, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A model that this process loads from the folder ``model``.

    ``revision`` names the weights; empty, the folder's own manifest or a hash of its files does.
    ``token_budget`` bounds the tokens of one forward pass, so the memory; scores do not depend on it.
    """

    model: str = ""
    revision: str = ""
    dtype: Dtype = "bfloat16"
    device: str = "auto"
    max_tokens: Annotated[int, Meta(ge=1, le=TOKEN_LIMIT)] = TOKEN_LIMIT
    token_budget: Positive = 4096


class Process(_Model, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="process"):
    """VisualPRM: a probability for every step of a response.

    An image gets ``max(1, min(max_tiles, total_tiles // images))`` tiles of the conversation's whole
    budget. ``system_message``: ``template`` (as published), ``none``, or the text itself.
    """

    comparability: Comparability = "global"
    max_tiles: Positive = 12
    total_tiles: Positive = 64
    system_message: str = "template"
    max_steps: Positive | None = 12
    aggregation: Literal["mean", "min"] = "mean"


class Head(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where an outcome model keeps its value row; ``bias`` null where there is none."""

    file: str = "value_head.safetensors"
    weight: str = "v_head.summary.weight"
    bias: str | None = "v_head.summary.bias"


class Outcome(_Model, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="outcome"):
    """Skywork-VL-Reward and its like: one unbounded number for a whole response.

    An image is resized once into ``min_pixels`` to ``max_pixels``.
    """

    comparability: Comparability = "prompt"
    min_pixels: Positive = 4 * 28 * 28
    max_pixels: Positive = 1280 * 28 * 28
    head: Head = Head()


class Http(_Common, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="http"):
    """A server that answers our JSON (docs/http-scorer.md); its words about model and revision are recorded.

    ``timeout`` bounds a silence of the server, ``batch`` the items of a request. ``token_variable`` names
    the environment variable that holds the server's token, where it wants one.
    """

    url: str
    token_variable: str = ""
    comparability: Comparability = "prompt"
    timeout: Seconds = 60
    retries: Annotated[int, Meta(ge=0, le=10)] = 3
    batch: Positive = 16


class Demo(_Common, frozen=True, kw_only=True, forbid_unknown_fields=True, tag="demo"):
    """Fixed rules; nothing to set."""

    trained: Literal[False] = False


Configuration: TypeAlias = Process | Outcome | Http | Demo


def builtin() -> dict[str, Configuration]:
    """Return the scorers that are known without a file."""
    return read(Path(__file__).with_name("scorers.yaml"))


def read(path: Path) -> dict[str, Configuration]:
    """Read a file of named scorers; ConfigurationError names the file and the place."""
    try:
        found = msgspec.yaml.decode(path.read_bytes(), type=dict[str, Configuration])
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from error
    except msgspec.DecodeError as error:  # a ValidationError is one
        raise ConfigurationError(f"{path}: {error}") from error
    for name, one in found.items():
        if isinstance(one, Outcome) and one.min_pixels > one.max_pixels:
            raise ConfigurationError(f"{path}: {name}: min_pixels must not be above max_pixels")
    return found


def known(path: Path | None = None) -> dict[str, Configuration]:
    """Return the built-in scorers, and those of a file, which win where a name is in both."""
    return builtin() | (read(path) if path else {})


def fingerprint(configuration: Configuration) -> str:
    """Return the SHA-256 of all that a score depends on: not where the model lies, nor how it is run."""
    settings = msgspec.to_builtins(configuration)
    for name in (
        "title",
        "licence",
        "notes",
        "model",
        "device",
        "token_budget",
        "url",
        "token_variable",
        "timeout",
        "retries",
        "batch",
    ):
        settings.pop(name, None)
    return hashlib.sha256(msgspec.json.encode(settings, order="sorted")).hexdigest()


def image_budget(configuration: Configuration) -> str:
    """Return the image budget in words."""
    match configuration:
        case Process():
            return f"{configuration.max_tiles} tiles an image, {configuration.total_tiles} in all"
        case Outcome():
            return f"{configuration.min_pixels} to {configuration.max_pixels} pixels an image"
        case Http():
            return "the server's"
        case Demo():
            return "none: images are counted, not looked into"


def model_info(key: str, configuration: Process | Outcome, *, model: str, revision: str) -> ScorerInfo:
    """Return how a loaded model presents itself."""
    return ScorerInfo(
        key=key,
        model=model,
        revision=revision,
        dtype=configuration.dtype,
        image_budget=image_budget(configuration),
        trained=configuration.trained,
        comparability=MEANING[configuration.comparability],
    )
