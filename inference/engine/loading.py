"""Loading weights strictly: whatever is missing, left over or not finite stops here, not in a score."""

from __future__ import annotations

import logging
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import msgspec
import torch
from huggingface_hub.errors import StrictDataclassError
from safetensors import SafetensorError
from transformers.utils import logging as transformers_logging

from inference.configuration import ConfigurationError
from inference.types import Health

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

log = logging.getLogger(__name__)

CONVERT = "convert the published folder first: python -m inference convert SRC DST"
# What transformers raises on a folder's files, by design or not.
_UNUSABLE = (
    OSError, ValueError, TypeError, KeyError, AttributeError, RuntimeError, SafetensorError, StrictDataclassError
)  # fmt: skip


class _Kind(msgspec.Struct):
    model_type: str


def loaded(kind: Any, folder: Path, *, dtype: torch.dtype, ignored: frozenset[str] = frozenset()) -> Any:  # noqa: ANN401 - any model class of transformers
    """Return a model with the folder's weights, in evaluation mode, on the CPU.

    ``ignored`` are the only weights that may be left over. Raises ConfigurationError for any other
    difference between the folder and the model, for files that are cut short, and for another model.
    """
    expect_kind(folder, kind.config_class.model_type)
    with loading(folder, kind.__name__), _quiet():
        model, info = kind.from_pretrained(
            folder,
            dtype=dtype,
            attn_implementation="sdpa",
            trust_remote_code=False,
            local_files_only=True,
            output_loading_info=True,
        )
    wrong = {
        "missing": set(info["missing_keys"]),
        "not of this model": set(info["unexpected_keys"]) - ignored,
        "of another shape": {str(one) for one in info["mismatched_keys"]},
    }
    for what, names in wrong.items():
        if names:
            shown = ", ".join(sorted(names)[:5])
            raise ConfigurationError(f"{folder}: {len(names)} weights are {what}: {shown}")
    return model.eval()


@contextmanager
def loading(folder: Path, what: str) -> Iterator[None]:
    """Turn what transformers raises over files that it cannot use into ConfigurationError."""
    try:
        yield
    except _UNUSABLE as error:
        raise ConfigurationError(f"{folder}: {what} cannot be loaded: {error}") from error


def expect_kind(folder: Path, wanted: str) -> None:
    """Refuse the folder of another model: transformers would make it up in full size, and at random."""
    path = folder / "config.json"
    try:
        found = msgspec.json.decode(path.read_bytes(), type=_Kind).model_type
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}; name the folder of the weights") from error
    except msgspec.DecodeError as error:
        raise ConfigurationError(f"{path}: {error}; download it again") from error
    if found != wanted:
        advice = f"; {CONVERT}" if found == "internvl_chat" else ""
        raise ConfigurationError(f"{path}: the model is of the type {found!r}, not {wanted!r}{advice}")


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep the library's progress bar and its report on left-over weights, which we judge ourselves, away."""
    before = transformers_logging.get_verbosity()
    transformers_logging.set_verbosity(logging.ERROR)
    transformers_logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        yield
    finally:
        transformers_logging.set_verbosity(before)


def finite(tensor: torch.Tensor, name: str) -> torch.Tensor:
    """Return the tensor; ConfigurationError when one of its numbers is none."""
    if not bool(torch.isfinite(tensor).all()):
        raise ConfigurationError(f"{name} holds numbers that are not finite")
    return tensor


def device_of(name: str) -> torch.device:
    """Return the device of that name; ``auto`` is the accelerator where there is one."""
    if name != "auto":
        return torch.device(name)
    if torch.cuda.is_available():
        return torch.device("cuda")
    log.warning("no GPU that this build of torch can use: models run on the CPU, very slowly")
    return torch.device("cpu")


def health_of(device: torch.device) -> Health:
    """Return the device's name and its memory."""
    if device.type == "cuda":
        free, total = torch.cuda.mem_get_info(device)
        return Health(device=torch.cuda.get_device_name(device), free_bytes=free, total_bytes=total)
    if not {"SC_AVPHYS_PAGES", "SC_PHYS_PAGES"} <= set(os.sysconf_names):
        return Health(device=device.type)
    free, total = (
        os.sysconf(name) * os.sysconf("SC_PAGE_SIZE") for name in ("SC_AVPHYS_PAGES", "SC_PHYS_PAGES")
    )
    return Health(device=device.type, free_bytes=free, total_bytes=total)
