from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from inference.checkpoints import identity
from inference.checkpoints.convert import convert
from inference.checkpoints.identity import revision
from inference.configuration import ConfigurationError
from tests.inference.checkpoints.editing import FIRST, SECOND, copied, edit_json, silent


def test_a_converted_folder_is_known_by_its_manifest(visualprm: Path, tmp_path: Path) -> None:
    convert(visualprm, tmp_path / "native", silent)
    manifest = tmp_path / "native" / "manifest.json"

    before = revision(tmp_path / "native")
    (tmp_path / "native" / "README.md").write_text("a note")

    assert before == hashlib.sha256(manifest.read_bytes()).hexdigest()
    assert revision(tmp_path / "native") == before


def test_the_same_files_elsewhere_are_the_same_revision(skywork: Path, tmp_path: Path) -> None:
    assert revision(skywork) == revision(copied(skywork, tmp_path))


@pytest.mark.parametrize("name", ["config.json", FIRST, SECOND, "value_head.safetensors", "tokenizer.json"])
def test_a_changed_byte_changes_it(name: str, skywork: Path, tmp_path: Path) -> None:
    folder = copied(skywork, tmp_path)
    data = bytearray((folder / name).read_bytes())
    data[len(data) // 2] ^= 1
    (folder / name).write_bytes(data)

    assert revision(folder) != revision(skywork)


def test_a_name_or_a_boundary_between_files_changes_it(skywork: Path, tmp_path: Path) -> None:
    folder = copied(skywork, tmp_path)
    (folder / "UNTRAINED.md").rename(folder / "UNTRAINED.txt")

    assert revision(folder) != revision(skywork)


def test_hidden_files_and_folders_do_not_count(skywork: Path, tmp_path: Path) -> None:
    folder = copied(skywork, tmp_path)
    (folder / ".cache").mkdir()
    (folder / ".gitattributes").write_text("*")
    (folder / "examples").mkdir()

    assert revision(folder) == revision(skywork)


def large(folder: Path, size: int, changed: int) -> str:
    folder.mkdir()
    (folder / "config.json").write_text("{}")
    with (folder / FIRST).open("wb") as file:
        file.truncate(size)
        file.seek(changed)
        file.write(b"x")
    return revision(folder)


def test_of_a_large_file_the_ends_and_the_size_count(tmp_path: Path) -> None:
    size, mib = identity.WHOLE, identity.MIB
    first = large(tmp_path / "a", size, 0)

    assert large(tmp_path / "b", size, mib - 1) != first
    assert large(tmp_path / "c", size, size - mib) != large(tmp_path / "d", size, size - 1)
    assert large(tmp_path / "e", size, size // 2) == large(tmp_path / "f", size, size // 2 + 1)
    assert large(tmp_path / "g", size + 1, 0) != first
    assert large(tmp_path / "h", size - 1, size // 2) != large(tmp_path / "i", size - 1, size // 2 + 1)


@pytest.mark.parametrize("damage", ["gone", "shorter"])
def test_weights_that_were_not_copied_whole_are_refused(damage: str, visualprm: Path, tmp_path: Path) -> None:
    convert(visualprm, tmp_path / "native", silent)
    shard = tmp_path / "native" / SECOND
    shard.unlink() if damage == "gone" else shard.write_bytes(shard.read_bytes()[:-1])

    with pytest.raises(ConfigurationError, match=rf"{SECOND}: is not the \d+ bytes.*copy it again"):
        revision(tmp_path / "native")


def test_a_manifest_of_another_format_or_broken_is_refused(visualprm: Path, tmp_path: Path) -> None:
    convert(visualprm, tmp_path / "native", silent)
    manifest = tmp_path / "native" / "manifest.json"
    edit_json(manifest, lambda content: content.update(format=2))

    with pytest.raises(ConfigurationError, match=r"has format 2.*convert the published folder again"):
        revision(tmp_path / "native")
    manifest.write_text("{")
    with pytest.raises(ConfigurationError, match="convert the published folder again"):
        revision(tmp_path / "native")


def test_a_folder_that_is_not_there_or_no_model_is_refused(skywork: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="there is no such folder; download"):
        revision(tmp_path / "nowhere")
    with pytest.raises(ConfigurationError, match=r"holds no config\.json; name"):
        revision(tmp_path)
    folder = copied(skywork, tmp_path)
    shutil.move(folder / "config.json", tmp_path)
    with pytest.raises(ConfigurationError, match=r"holds no config\.json; name"):
        revision(folder)


def test_no_heavy_library_is_needed(skywork: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from inference.checkpoints.identity import revision; "
        f"revision(Path({str(skywork)!r})); "
        "sys.exit(any(name in sys.modules for name in ('torch', 'transformers', 'safetensors', 'tokenizers')))"
    )

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
