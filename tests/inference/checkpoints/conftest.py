"""One untrained miniature of each kind for the whole run; tests change copies."""

from __future__ import annotations

from pathlib import Path

import pytest

from inference.checkpoints.tiny import make


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
