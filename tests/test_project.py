"""Promises of the repository as a whole: what is pinned, what agrees with what, how large things are."""

import ast
import re
import subprocess
import sys
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent
DIRECT = (
    "requirements.txt",
    "requirements-openvino.txt",
    "requirements-training.txt",
    "requirements-dev.txt",
)
PINS = (*DIRECT, "constraints.txt")
LARGEST_REPOSITORY = 150_000_000  # bytes
LONGEST_APP = 60  # lines


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def requirements(name: str) -> list[Requirement]:
    lines = [line.split(" #")[0].strip() for line in read(name).splitlines()]
    return [Requirement(line) for line in lines if line and line[0] not in "#-"]


def applies(requirement: Requirement) -> bool:
    return requirement.marker is None or requirement.marker.evaluate()


def needed_by(requirement: Requirement) -> list[Requirement]:
    """What an installed distribution asks for on this machine, with the extras that were asked of it."""
    wanted = [Requirement(line) for line in metadata.requires(requirement.name) or []]
    extras = requirement.extras or {""}
    return [w for w in wanted if not w.marker or any(w.marker.evaluate({"extra": e}) for e in extras)]


def tracked() -> list[Path]:
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"This is no git checkout: {done.stderr.strip()}")
    return [path for name in done.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def supported_pythons() -> tuple[tuple[int, int], tuple[int, int]]:
    match = re.search(
        r"\((\d+), (\d+)\) <= sys\.version_info\[:2\] <= \((\d+), (\d+)\)", read("scripts/make_venv.sh")
    )
    assert match, "scripts/make_venv.sh no longer says which Pythons are supported"
    oldest_major, oldest_minor, newest_major, newest_minor = map(int, match.groups())
    return (oldest_major, oldest_minor), (newest_major, newest_minor)


@pytest.mark.parametrize("name", PINS)
def test_everything_is_pinned_to_one_version(name: str) -> None:
    loose = [str(r) for r in requirements(name) if not re.fullmatch(r"==[0-9][^*,]*", str(r.specifier))]

    assert not loose


def test_nothing_is_pinned_twice() -> None:
    names = [canonicalize_name(r.name) for name in PINS for r in requirements(name)]

    assert sorted(names) == sorted(set(names))


def test_app_installs_its_own_requirements_alone() -> None:
    training = {r.name for r in requirements("requirements-training.txt")}

    assert "-r " not in read("requirements.txt")
    assert training.isdisjoint(r.name for r in requirements("requirements.txt"))
    assert re.findall(r"requirements\S*\.txt", read("Dockerfile")) == ["requirements.txt"] * 2


def test_what_is_installed_is_what_is_pinned() -> None:
    direct = [r for name in DIRECT for r in requirements(name) if applies(r)]

    installed = {r.name: metadata.version(r.name) for r in direct}

    assert installed == {r.name: str(r.specifier).removeprefix("==") for r in direct}


def test_what_the_requirements_need_in_turn_is_pinned() -> None:
    pinned = {canonicalize_name(r.name) for name in PINS for r in requirements(name)}
    waiting = [r for name in DIRECT for r in requirements(name) if applies(r)]
    seen: set[str] = set()

    while waiting:
        requirement = waiting.pop()
        key = f"{canonicalize_name(requirement.name)}{sorted(requirement.extras)}"
        if key not in seen:
            seen.add(key)
            waiting += needed_by(requirement)

    needed = {key.partition("[")[0] for key in seen}
    assert needed <= pinned, "run `make lock`"
    here = {canonicalize_name(r.name) for r in requirements("constraints.txt") if applies(r)}
    assert here <= needed, "run `make lock`: nothing needs these any longer"


def test_docker_and_ci_use_supported_pythons() -> None:
    docker = re.findall(r"^FROM python:(\d+)\.(\d+)-slim$", read("Dockerfile"), re.MULTILINE)
    ci = re.findall(r'"(\d+)\.(\d+)"', read(".github/workflows/ci.yml"))
    oldest, newest = supported_pythons()

    versions = [(int(major), int(minor)) for major, minor in docker + ci]

    assert len(docker) == 1
    assert {oldest, newest} <= set(versions), "CI should run on the oldest and the newest supported Python"
    assert all(oldest <= version <= newest for version in versions)


def test_the_wheel_is_for_the_supported_pythons() -> None:
    oldest, (major, minor) = supported_pythons()

    range_ = tomllib.loads(read("pyproject.toml"))["project"]["requires-python"]

    assert range_ == f">={oldest[0]}.{oldest[1]},<{major}.{minor + 1}"


def test_docker_copies_what_exists_and_is_sent_no_more() -> None:
    sources = [
        source
        for line in re.findall(r"^COPY (.+) \S+$", read("Dockerfile"), re.MULTILINE)
        for source in line.split()
    ]

    assert sources
    assert [source for source in sources if not (ROOT / source).exists()] == []
    sent = {line[1:] for line in read(".dockerignore").splitlines() if line.startswith("!")}
    assert {source.removeprefix("./") for source in sources} == sent


def test_streamlit_knows_every_option_that_is_set() -> None:
    command = [sys.executable, "-m", "streamlit", "config", "show"]

    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)

    assert "not a valid config option" not in done.stdout + done.stderr
    assert re.search(r"^maxUploadSize = 100$", done.stdout, re.MULTILINE)


def test_no_file_names_a_folder_of_some_machine() -> None:
    home = re.compile(rb"(?<![\w.~-])/(?:home|root|Users|work)/\w")

    offenders = [str(path.relative_to(ROOT)) for path in tracked() if home.search(path.read_bytes())]

    assert offenders == []


def test_repository_stays_small_enough_to_clone() -> None:
    assert sum(path.stat().st_size for path in tracked()) < LARGEST_REPOSITORY


def test_app_is_short_and_knows_only_the_pages() -> None:
    source = read("app.py")
    imports = [node for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Import | ast.ImportFrom)]

    names = {
        name.partition(".")[0]
        for node in imports
        for name in ([a.name for a in node.names] if isinstance(node, ast.Import) else [node.module or "."])
    }

    assert len(source.splitlines()) <= LONGEST_APP
    assert names - set(sys.stdlib_module_names) <= {"streamlit", "ui"}
