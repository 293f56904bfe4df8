"""docker-compose.yml and Dockerfile, which nothing here can run, held to what is in the code."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.conf import settings
from django.core.management import get_commands

ROOT = Path(__file__).resolve().parent.parent
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
DOCKERFILE = (ROOT / "Dockerfile").read_text()
SERVERS = {"postgres", "redis"}
OURS = {name: one for name, one in COMPOSE["services"].items() if name not in SERVERS}
READ_BY_SETTINGS = set(re.findall(r'env\.\w+\(\s*"(\w+)"', (ROOT / "annotate" / "settings.py").read_text()))


def commands_of(words: list[str]) -> list[list[str]]:
    """Return the programs that a command starts, a shell line taken apart."""
    if words[:2] == ["sh", "-c"]:
        return [shlex.split(one) for one in words[2].split("&&")]
    return [words]


def image_commands() -> dict[str, list[str]]:
    """Return what each target of the Dockerfile runs."""
    stages = [re.split(r" AS (\S+)\n", one, maxsplit=1) for one in DOCKERFILE.split("\nFROM ")[1:]]
    found = {name: re.search(r"^CMD (\[.*\])$", lines, re.MULTILINE) for _, name, lines in stages}
    return {name: yaml.safe_load(command[1]) for name, command in found.items() if command}


def test_the_compose_file_follows_the_specification() -> None:
    program = str(Path(sys.executable).with_name("check-jsonschema"))
    command = [program, "--builtin-schema", "vendor.compose-spec", str(ROOT / "docker-compose.yml")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("service", OURS)
def test_every_variable_that_is_set_is_one_that_the_settings_read(service: str) -> None:
    assert set(OURS[service]["environment"]) - READ_BY_SETTINGS == set()


@pytest.mark.parametrize("service", OURS)
def test_every_command_exists(service: str) -> None:
    target = OURS[service]["build"]["target"]
    for words in commands_of(OURS[service].get("command") or image_commands()[target]):
        match words[0]:
            case "python":
                assert words[1] == "manage.py"
                assert words[2] in get_commands()
            case "celery":
                assert words[1:3] == ["-A", "annotate"]
                assert words[3] in ("worker", "beat")
            case "gunicorn":
                assert f"{words[1]}.application" == settings.WSGI_APPLICATION
            case other:
                raise AssertionError(other)


def test_every_queue_has_a_worker() -> None:
    words = [one for service in OURS.values() for one in service.get("command", [])]
    listened = {words[at + 1] for at, word in enumerate(words) if word == "-Q"}
    routed = {route["queue"] for route in settings.CELERY_TASK_ROUTES.values()}

    assert listened == {settings.CELERY_TASK_DEFAULT_QUEUE, *routed}
    assert image_commands()["gpu"][image_commands()["gpu"].index("-Q") + 1] in routed


def test_every_target_is_in_the_dockerfile_and_every_copied_file_here() -> None:
    targets = set(re.findall(r"^FROM \S+ AS ([\w-]+)$", DOCKERFILE, re.MULTILINE))
    assert {one["build"]["target"] for one in OURS.values()} <= targets
    for line in re.findall(r"^COPY (?!--from)(.*)$", DOCKERFILE, re.MULTILINE):
        for source in line.split()[:-1]:
            assert (ROOT / source).exists(), source
            assert f"!{source.split('/')[0]}\n" in (ROOT / ".dockerignore").read_text()


def test_the_images_run_as_nobody_special_from_hashed_locks() -> None:
    for target in ("app", "gpu"):
        stage = DOCKERFILE.split(f" AS {target}\n")[1].split("\nFROM ")[0]
        assert "\nUSER annotate\n" in stage
    for line in re.findall(r"uv pip install [^&\\]*", DOCKERFILE):
        assert "--require-hashes" in line or "torch==" in line


def test_no_secret_stands_in_the_file() -> None:
    for service in COMPOSE["services"].values():
        for name, value in service.get("environment", {}).items():
            if re.search("SECRET|PASSWORD|DATABASE_URL", name):
                assert re.search(r"\$\{\w+:\?", value), name


def test_every_service_is_watched_or_says_why_not() -> None:
    one_off = {"prepare"}
    assert {name for name, one in COMPOSE["services"].items() if "healthcheck" not in one} == one_off


def test_what_is_asked_of_the_environment_is_explained_at_the_top() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    required = set(re.findall(r"\$\{(\w+):\?", text))
    explained = set(re.findall(r"^#   (\w+)=", text, re.MULTILINE))

    assert required <= explained
