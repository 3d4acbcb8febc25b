"""The wheel: built, installed elsewhere, and used there without the repository."""

import os
import subprocess
import sys
from collections.abc import Callable
from email import message_from_bytes
from email.message import Message
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
from PIL import Image

from sr_core import __version__

ROOT = Path(__file__).resolve().parent.parent
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [*PIP, "wheel", str(ROOT), "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder)]
    subprocess.run(command, check=True)
    (built,) = folder.iterdir()
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("installed")
    subprocess.run([*PIP, "install", "--no-deps", "--target", str(folder), str(wheel)], check=True)
    return folder


@pytest.fixture
def call(installed: Path, tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Calls what was installed, in a folder from which the repository cannot be seen."""
    environment = {**os.environ, "PYTHONPATH": str(installed)}

    def run(*command: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *command],
            cwd=tmp_path,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    return run


def metadata(wheel: Path) -> Message:
    with ZipFile(wheel) as archive:
        (name,) = (name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        return message_from_bytes(archive.read(name))


def test_the_wheel_asks_for_the_pins_of_the_requirements_and_for_no_others(wheel: Path) -> None:
    about = metadata(wheel)
    asked = {line.replace(" ", "") for line in about.get_all("Requires-Dist", [])}

    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    direct = [line for line in lines if line and line[0] not in "#-"]

    assert about["Version"] == __version__
    assert {line.partition(";")[0].strip() for line in direct} == {
        line.partition(";")[0] for line in asked if "extra" not in line
    }
    assert set(about.get_all("Provides-Extra", [])) == {"openvino", "ray", "training"}


def test_the_wheel_holds_all_weights_and_neither_the_app_nor_the_tests(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        names = archive.namelist()

    weights = {file.name for file in (ROOT / "weights").iterdir()}
    assert {Path(name).name for name in names if name.startswith("sr_core/saved_weights/")} == weights
    assert {name.partition("/")[0] for name in names} == {
        "sr_core",
        "training",
        f"superres-{__version__}.dist-info",
    }


def test_what_is_installed_enlarges_a_picture(call, installed: Path, tmp_path: Path) -> None:
    Image.fromarray(np.full((6, 5, 3), 90, np.uint8)).save(tmp_path / "photo.png")

    done = call(str(installed / "bin" / "superres"), "photo.png", "--model", "srcnn_x4", "--clean-up", "0")

    assert done.returncode == 0, done.stderr
    with Image.open(tmp_path / "photo_x4.png") as large:
        assert large.size == (20, 24)
    where = call("-c", "from sr_core import weights; print(weights.FOLDER)")
    assert where.stdout.strip() == str(installed / "sr_core" / "saved_weights")


@pytest.mark.parametrize(
    ("command", "usage"),
    [
        (["bin/superres"], "usage: superres "),
        (["-m", "sr_core"], "usage: python -m sr_core "),
        (["bin/superres-train"], "usage: "),
        (["-m", "training"], "usage: python -m training "),
    ],
)
def test_installed_commands_say_what_they_are(call, installed: Path, command: list[str], usage: str) -> None:
    command = [str(installed / word) if word.startswith("bin/") else word for word in command]

    done = call(*command, "--help")

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(usage)
