"""Untrained miniatures of the three published kinds, and their scorers: made once; tests change copies."""

from __future__ import annotations

from pathlib import Path

import pytest

from inference.checkpoints.tiny import make
from tests.inference.reference import Judge, Reader


@pytest.fixture(scope="session")
def visualprm(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made("visualprm", tmp_path_factory)


@pytest.fixture(scope="session")
def visualprm_v1(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made("visualprm-v1", tmp_path_factory)


@pytest.fixture(scope="session")
def skywork(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return made("skywork", tmp_path_factory)


def made(kind: str, factory: pytest.TempPathFactory) -> Path:
    folder = factory.mktemp("tiny") / kind
    make(kind, folder, 0)
    return folder


@pytest.fixture(scope="session")
def native(visualprm: Path) -> Path:
    return converted(visualprm)


@pytest.fixture(scope="session")
def native_v1(visualprm_v1: Path) -> Path:
    return converted(visualprm_v1)


def converted(published: Path) -> Path:
    from inference.checkpoints.convert import convert  # noqa: PLC0415 - takes seconds

    folder = published.with_name("native")
    convert(published, folder, lambda _: None)
    return folder


@pytest.fixture(scope="session")
def judge(native: Path) -> Judge:
    """Return what transformers' own whole model says to a dialogue of VisualPRM's."""
    return Judge(native)


@pytest.fixture(scope="session")
def judge_v1(native_v1: Path) -> Judge:
    return Judge(native_v1)


@pytest.fixture(scope="session")
def reader(skywork: Path) -> Reader:
    """Return what transformers' own whole model says to a conversation, under Skywork's head."""
    return Reader(skywork)
