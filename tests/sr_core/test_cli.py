"""The command line: every picture finds its place, no original is lost, and one bad file stops nothing."""

import io
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pillow_heif
import pytest
from PIL import Image

from sr_core import cli, files
from sr_core.errors import EngineError
from sr_core.picture import Picture
from sr_core.upscaler import Upscaler

ROOT = Path(__file__).resolve().parent.parent.parent

Run = Callable[..., int]


@pytest.fixture
def run(tiny_x4, monkeypatch, tmp_path) -> Run:
    """Run the command with the tiny weights, in a folder of its own; return what it would exit with."""
    monkeypatch.chdir(tmp_path)

    def run_(*arguments: str) -> int:
        # First, because the last of two equal options counts.
        return cli.main(["-n", str(tiny_x4.file), "-g", "-1", "--fp32", *arguments])

    return run_


@pytest.fixture(scope="module")
def upscaler(tiny_x4) -> Upscaler:
    return Upscaler(tiny_x4, precision="float32", gpu=-1)


def put(*names: str) -> None:
    """Write a small picture of its own at each path."""
    for number, name in enumerate(names):
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        pixels = np.random.default_rng(number).integers(0, 256, (5, 6, 3), np.uint8)
        Image.fromarray(pixels).save(path)


def tree() -> list[str]:
    """Every file below the current folder."""
    return sorted(path.as_posix() for path in Path().rglob("*") if path.is_file())


def contents() -> dict[str, bytes]:
    return {name: Path(name).read_bytes() for name in tree()}


def same_picture(one: str, other: str, upscaler: Upscaler) -> bool:
    """Whether `other` is `one` enlarged."""
    expected = upscaler.upscale(files.read(one)).pixels
    return np.array_equal(files.read(other).pixels, expected)


def enlarged(path: str | Path, upscaler: Upscaler, **options) -> bytes:
    """The PNG file that a picture becomes."""
    large = upscaler.upscale(files.read(path))
    return files.encode(large, **{"provenance": upscaler.provenance(), **options})


# --- the whole command -------------------------------------------------------------------------------------


def test_the_command_enlarges_a_file_and_says_so_on_one_line(tiny_x4, tmp_path, upscaler):
    source = tmp_path / ("a long name " * 8 + "of a photo.png")
    Image.fromarray(np.full((5, 6, 3), 99, np.uint8)).save(source)
    command = [sys.executable, "-m", "sr_core", str(source), "-o", "big.png", "-n", str(tiny_x4.file)]
    done = subprocess.run(
        [*command, "--gpu-id", "-1", "--fp32"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert f"{source} -> big.png (20 x 24 px)" in done.stderr
    assert (tmp_path / "big.png").read_bytes() == enlarged(source, upscaler)


def test_the_commands_exit_code_is_that_of_main(tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "sr_core"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith("error: No picture was named;")


# --- where outputs go --------------------------------------------------------------------------------------


def test_the_output_is_what_the_library_gives(run, upscaler):
    pixels = np.random.default_rng(5).integers(0, 65536, (7, 5, 4)).astype(np.uint16)
    files.write("a.png", Picture(pixels[..., :3], pixels[..., 3]))
    assert run("a.png", "-o", "b.png") == 0
    assert Path("b.png").read_bytes() == enlarged("a.png", upscaler)


def test_without_output_it_lies_beside_the_original_as_png(run):
    put("in/photo.jpg")
    assert run("in/photo.jpg") == 0
    assert tree() == ["in/photo.jpg", "in/photo_x4.png"]
    assert files.read("in/photo_x4.png").width == 24


def test_input_may_be_an_option(run):
    put("a.png", "b.png", "c.png")
    assert run("-i", "a.png", "b.png", "-o", "out") == 0
    assert tree() == ["a.png", "b.png", "c.png", "out/a_x4.png", "out/b_x4.png"]


def test_one_picture_goes_into_a_folder_that_exists_or_has_no_extension(run):
    put("a.png")
    Path("some.folder").mkdir()
    assert run("a.png", "-o", "some.folder") == 0
    assert run("a.png", "-o", "new/deep") == 0
    assert tree() == ["a.png", "new/deep/a_x4.png", "some.folder/a_x4.png"]


def test_options_and_pictures_come_in_any_order(run):
    put("a.png", "b.png")
    assert run("a.png", "-o", "out", "b.png") == 0
    assert tree() == ["a.png", "b.png", "out/a_x4.png", "out/b_x4.png"]


def test_folders_give_their_pictures_and_nothing_else(run):
    put("in/a.png", "in/b.JPG", "in/c.tiff", "in/sub/d.png")
    Path("in/notes.txt").write_text("not a picture")
    Path("in/folder.png").mkdir()
    assert run("in", "-o", "out") == 0
    assert [name for name in tree() if name.startswith("out")] == [
        "out/a_x4.png",
        "out/b_x4.png",
        "out/c_x4.png",
    ]


def test_recursive_keeps_sub_folders(run, upscaler):
    put("in/a.png", "in/sub/a.png", "in/sub/deep/b.png")
    assert run("in", "-o", "out", "-r") == 0
    outputs = [name for name in tree() if name.startswith("out")]
    assert outputs == ["out/a_x4.png", "out/sub/a_x4.png", "out/sub/deep/b_x4.png"]
    assert same_picture("in/sub/a.png", "out/sub/a_x4.png", upscaler)


def test_pictures_of_one_name_and_two_formats_both_get_their_output(run, upscaler):
    put("in/a.jpg", "in/a.png", "in/b.png")
    assert run("in", "-o", "out") == 0
    outputs = [name for name in tree() if name.startswith("out")]
    assert outputs == ["out/a_jpg_x4.png", "out/a_png_x4.png", "out/b_x4.png"]
    assert same_picture("in/a.jpg", "out/a_jpg_x4.png", upscaler)
    assert same_picture("in/a.png", "out/a_png_x4.png", upscaler)


def test_two_pictures_never_share_an_output(run, capsys):
    put("in/a.png", "other/a.png")
    assert run("in/a.png", "other/a.png", "-o", "out") == 2
    assert "written to one file" in capsys.readouterr().err
    assert tree() == ["in/a.png", "other/a.png"]


def test_a_picture_named_twice_is_enlarged_once(run, capsys):
    put("in/a.png")
    assert run("in", "in/a.png", "-o", "out") == 0
    assert capsys.readouterr().err.count("->") == 1


@pytest.mark.parametrize(
    ("option", "name", "kind"),
    [("png", "a_x4.png", "PNG"), ("jpg", "a_x4.jpg", "JPEG"), ("webp", "a_x4.webp", "WEBP")],
)
def test_ext_chooses_the_format(run, option, name, kind):
    put("a.bmp")
    assert run("a.bmp", "-f", option) == 0
    with Image.open(name) as image:
        assert (image.format, image.size) == (kind, (24, 20))


def test_the_outputs_name_chooses_the_format(run):
    put("a.png")
    assert run("a.png", "-o", "b.webp", "--lossless") == 0
    with Image.open("b.webp") as image:
        assert image.format == "WEBP"


def test_lossless_webp_has_the_pixels_of_png(run):
    put("a.png")
    assert run("a.png") == run("a.png", "-f", "webp", "--lossless") == 0
    np.testing.assert_array_equal(files.read("a_x4.webp").pixels, files.read("a_x4.png").pixels)


def test_quality_is_heeded(run):
    put("a.png")
    assert run("a.png", "-o", "low.jpg", "-q", "20") == run("a.png", "-o", "high.jpg", "-q", "100") == 0
    assert Path("low.jpg").stat().st_size < Path("high.jpg").stat().st_size


def test_suffix_is_what_is_added_to_the_name(run):
    put("a.png")
    assert run("a.png", "--suffix", "_big") == 0
    assert run("a.png", "--suffix", "", "-o", "out") == 0
    assert tree() == ["a.png", "a_big.png", "out/a.png"]


def test_tile_halo_and_self_ensemble_reach_the_upscaler(run, tiny_x4):
    put("a.png")
    assert run("a.png", "-o", "b.png", "-x", "-t", "17", "--halo", "0") == 0
    upscaler = Upscaler(tiny_x4, precision="float32", gpu=-1, tile=17, halo=0)
    expected = upscaler.upscale(files.read("a.png"), self_ensemble=True)
    np.testing.assert_array_equal(files.read("b.png").pixels, expected.pixels)


# --- exact sizes and metadata ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "name", "size"),
    [
        (["--width", "13"], "a_w13.png", (13, 11)),
        (["--height", "13"], "a_h13.png", (16, 13)),
        (["--longest", "13"], "a_longest13.png", (13, 11)),
        (["--width", "13", "--height", "5"], "a_w13_h5.png", (6, 5)),
    ],
)
def test_exact_sizes_are_made_and_named(run, upscaler, options, name, size):
    put("a.png")  # 6 x 5 px (width x height)
    assert run("a.png", *options) == 0
    with Image.open(name) as image:
        assert image.size == size
    expected = upscaler.upscale(files.read("a.png"), size=size[::-1])
    np.testing.assert_array_equal(files.read(name).pixels, expected.pixels)


def test_a_size_beyond_the_network_fails_for_that_picture_only(run, capsys):
    put("in/a.png")
    files.write("in/b.png", Picture(np.zeros((9, 9, 3), np.uint8)))
    assert run("in", "--width", "30") == 1
    assert tree() == ["in/a.png", "in/b.png", "in/b_w30.png"]
    assert "in/a.png: This network enlarges ×4, so it makes at most 20 x 24 px" in capsys.readouterr().err


def test_strip_leaves_exif_out_and_no_provenance_the_program(run, upscaler):
    tags = Image.Exif()
    tags[0x10F] = "Maker"
    Image.new("RGB", (6, 5)).save("a.png", exif=tags)
    assert run("a.png", "-o", "kept.png") == run("a.png", "-o", "stripped.png", "--strip") == 0
    assert run("a.png", "-o", "plain.png", "--no-provenance") == 0
    assert Path("kept.png").read_bytes() == enlarged("a.png", upscaler)
    assert Path("stripped.png").read_bytes() == enlarged("a.png", upscaler, keep_metadata=False)
    assert Path("plain.png").read_bytes() == enlarged("a.png", upscaler, provenance=None)
    holds = {name: (b"Maker" in data, b"SuperRes" in data) for name, data in contents().items()}
    del holds["a.png"]
    assert holds == {"kept.png": (True, True), "stripped.png": (False, True), "plain.png": (True, False)}


def test_what_a_format_loses_is_told_before_the_work(run, capsys, monkeypatch):
    files.write("a.png", Picture(np.zeros((5, 6, 3), np.uint16), np.eye(5, 6, dtype=np.uint16)))

    def begin(*_, **__):
        raise EngineError("The work began.")

    monkeypatch.setattr(Upscaler, "upscale", begin)
    run("a.png", "-f", "jpg")
    assert re.search(
        r"a\.png: JPEG keeps no transparency.*a\.png: JPEG keeps 8 bits.*The work began",
        capsys.readouterr().err,
        re.DOTALL,
    )


def test_a_result_that_the_format_cannot_hold_is_refused_before_the_work(run, capsys, monkeypatch):
    files.write("a.png", Picture(np.zeros((1, 4100, 3), np.uint8)))
    monkeypatch.setattr(Upscaler, "upscale", lambda *_, **__: pytest.fail("enlarged"))
    assert run("a.png", "-f", "webp") == 1
    assert "WebP keeps pictures of at most 16,383 px on each side; save it as PNG" in capsys.readouterr().err


# --- originals are safe ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ["a.png", "-o", "a.png"],
        ["a.png", "-o", "./in/../a.png"],
        ["a.png", "--suffix", ""],
        ["a.jpg", "a_jpg.png", "a.png", "--suffix", ""],
        ["a.png", "a_x4.png"],
        ["in", "--suffix", ""],
        ["in/a.png", "a.png", "-o", ".", "--suffix", ""],
    ],
)
def test_no_output_ever_replaces_an_original(run, capsys, arguments):
    put("a.png", "a.jpg", "a_jpg.png", "a_x4.png", "in/a.png", "in/b.png")
    before = contents()
    assert run(*arguments) == 2
    assert contents() == before
    assert re.search("would replace an original|written to one file", capsys.readouterr().err)


def test_a_link_to_the_original_is_no_other_file(run):
    put("a.png")
    Path("link.png").symlink_to("a.png")
    before = contents()
    assert run("a.png", "-o", "link.png") == 2
    assert contents() == before


# --- again -------------------------------------------------------------------------------------------------


def test_resume_enlarges_only_what_is_missing(run, capsys):
    put("in/a.png", "in/b.png", "in/c.png")
    assert run("in", "-o", "out") == 0
    first = contents()
    Path("out/b_x4.png").unlink()
    Path("out/c_x4.png").write_bytes(b"kept as it is")
    capsys.readouterr()
    assert run("in", "-o", "out", "--resume") == 0
    said = capsys.readouterr().err
    assert "2 of 3 are done already" in said
    assert said.count("->") == 1
    assert contents() == {**first, "out/c_x4.png": b"kept as it is"}


@pytest.mark.parametrize("options", [[], ["-o", "in/big"], ["-o", "out"]])
def test_outputs_of_one_run_are_no_originals_of_the_next(run, options):
    put("in/a.jpg", "in/a.png", "in/b.png", "in/sub/b.png")
    assert run("in", "-r", *options) == 0
    first = contents()
    assert len(first) == 8
    assert run("in", "-r", *options, "--resume") == 0
    assert contents() == first
    assert run("in", "-r", *options) == 0
    assert contents() == first


def test_a_picture_added_later_never_counts_as_done_for_its_name(run, upscaler):
    put("in/a.png")
    assert run("in", "-o", "out") == 0
    put("in/a.png", "in/a.jpg")
    assert run("in", "-o", "out", "--resume") == 0
    assert same_picture("in/a.jpg", "out/a_jpg_x4.png", upscaler)


def test_resume_with_nothing_left_to_do_is_a_success(run, capsys):
    put("a.png")
    assert run("a.png") == 0
    assert run("a.png", "--resume") == 0
    assert "1 of 1 are done already" in capsys.readouterr().err


# --- what goes wrong ---------------------------------------------------------------------------------------


def test_one_bad_file_stops_no_other_and_is_told(run, capsys):
    put("in/a.png", "in/c.png")
    Path("in/b.png").write_bytes(b"this is no picture")
    assert run("in", "in/missing.png", "-o", "out") == 1
    assert [name for name in tree() if name.startswith("out")] == ["out/a_x4.png", "out/c_x4.png"]
    said = capsys.readouterr().err
    assert re.search(r"^in/b\.png: .*\.$", said, re.MULTILINE)
    assert re.search(r"^in/missing\.png: .*No such file", said, re.MULTILINE)
    assert "2 of 4 pictures could not be enlarged" in said


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "error: No picture was named; give at least one file or folder"),
        (["empty"], "error: There is no picture in that folder; received empty."),
        (["a.png", "-s", "2"], "error: These weights enlarge ×4; leave out --scale"),
        (["a.png", "-q", "0"], "error: Quality is a number from 1 to 100; received 0."),
        (["a.png", "-f", "jpg", "--lossless"], "error: JPEG cannot be lossless; choose PNG"),
        (["a.png", "--width", "0"], "error: A width in px is a whole number above 0; received 0."),
        (["a.png", "--width", "9", "--longest", "9"], "error: One of scale, longest side, or width and"),
        (["a.png", "-o", "b.gif"], "error: A picture is written to a file ending in .png, .jpg"),
        (
            ["a.png", "-o", "b.jpg", "-f", "png"],
            "error: The name of the output asks for another format than --ext",
        ),
        (["a.png", "b.png", "-o", "c.txt"], "error: These pictures need a folder as --output"),
        (["a.png", "-t", "-3"], "error: A tile's side is a number of px above 0"),
        (["a.png", "-t", "10"], "error: A tile must be more than twice its halo"),
        (["a.png", "-g", "99"], "error: There is no such GPU"),
    ],
)
def test_options_that_make_no_sense_end_with_a_sentence_and_no_output(run, capsys, arguments, sentence):
    put("a.png", "b.png")
    Path("empty").mkdir()
    Path("c.txt").write_text("mine")
    before = contents()
    assert run(*arguments) == 2
    assert sentence in capsys.readouterr().err
    assert contents() == before


def test_unknown_weights_end_with_a_sentence(tmp_path, capsys):
    source = str(tmp_path / "a.png")
    put(source)
    assert cli.main([source, "-n", "nothing_x4"]) == 2
    assert "error: There are no weights of that name; choose one of:" in capsys.readouterr().err
    assert cli.main([source, "-n", str(tmp_path / "mine.h5")]) == 2
    assert "error: These weights have no card" in capsys.readouterr().err


def test_the_scale_that_the_weights_have_may_be_said(run):
    put("a.png")
    assert run("a.png", "-s", "4") == 0


def test_scale_alone_chooses_the_weights_of_its_name(tmp_path, capsys):
    source = str(tmp_path / "a.png")
    put(source)
    assert cli.main([source, "-s", "7"]) == 2
    assert "received edsr_x7." in capsys.readouterr().err


def test_a_folder_that_cannot_be_made_is_told(run, capsys):
    put("a.png")
    Path("file").write_text("in the way")
    assert run("a.png", "-o", "file/deep/b.png") == 1
    assert "cannot be made" in capsys.readouterr().err


# --- documentation -----------------------------------------------------------------------------------------


def test_every_option_stands_in_the_readme():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    names = [name for action in cli._parser()._actions for name in action.option_strings]
    missing = [name for name in names if not re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", readme)]
    assert set(missing) <= {"-h", "--help"}


def test_every_option_says_what_it_does():
    assert [action.option_strings for action in cli._parser()._actions if not action.help] == []


# --- folders of everything ---------------------------------------------------------------------------------


def test_of_thirty_mixed_files_the_good_ones_are_done_and_every_other_has_its_line(run, capsys):
    good = [f"in/good{i}.png" for i in range(12)] + ["in/sub/deep.jpg"]
    put(*good)
    heic, stream = pillow_heif.from_pillow(Image.new("RGB", (6, 5))), io.BytesIO()
    heic.save(stream)
    Path("in/phone.heic").write_bytes(stream.getvalue())
    for name in ("._good1.png", ".hidden.jpg", ".DS_Store", "Thumbs.db", ".git/icon.png"):
        Path("in", name).parent.mkdir(exist_ok=True)
        Path("in", name).write_bytes(b"junk")
    passed_over = ("notes.txt", "raw.cr2", "camera.dng", "film.mov", "film.mp4", "picture.jxl")
    for name in passed_over:
        Path("in", name).write_bytes(b"junk")
    failing = ("empty.png", "junk.jpg", "film.png", "loop.png", f"{'x' * 250}.png")
    Path("in/empty.png").touch()
    Path("in/junk.jpg").write_bytes(b"junk")
    Path("in/film.png").write_bytes(b"\x00\x00\x00\x14ftypqt  " + bytes(99))
    Path("in/loop.png").symlink_to("loop.png")
    Path("in", failing[-1]).write_bytes(Path("in/good1.png").read_bytes())
    os.mkfifo("in/pipe.png")

    for options in ((), ("--resume",)):
        assert run("in", "-o", "out", "-r", *options) == 1

        said = capsys.readouterr().err
        assert "Traceback" not in said
        assert "unexpected" not in said
        for name in (*passed_over, "pipe.png"):
            assert f"{name}: skipped" in said
        for name in failing:
            assert re.search(rf"{name}: [A-Z].*\.", said)
        assert "hidden" not in said
        assert f"5 of {5 if options else 19} pictures could not be enlarged" in said
    done = sorted(Path(name).relative_to("in").with_suffix("").as_posix() for name in (*good, "in/phone"))
    assert sorted(str(p.relative_to("out"))[:-7] for p in Path("out").rglob("*_x4.png")) == done


def test_a_folder_that_cannot_be_opened_is_told_and_the_others_are_done(run, capsys, monkeypatch):
    put("in/a.png", "in/locked/b.png")
    scandir = os.scandir

    def refuse(path):
        if str(path).endswith("locked"):
            raise PermissionError(13, "Permission denied", str(path))
        return scandir(path)

    monkeypatch.setattr(os, "scandir", refuse)
    assert run("in", "-o", "out", "-r") == 1
    assert "locked cannot be opened: Permission denied." in capsys.readouterr().err
    assert Path("out/a_x4.png").exists()
    assert run("in/locked", "-o", "out") == 2
    assert "locked cannot be opened: Permission denied." in capsys.readouterr().err


def test_a_folder_without_pictures_says_what_is_in_it(run, capsys):
    Path("in").mkdir()
    Path("in/film.mov").touch()
    assert run("in") == 2
    assert "film.mov: skipped" in capsys.readouterr().err


def test_a_picture_goes_from_standard_input_to_standard_output(run, upscaler, monkeypatch, capsysbinary):
    put("a.png")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(Path("a.png").read_bytes())))
    assert run("-", "-f", "jpg") == 0
    out = capsysbinary.readouterr().out
    assert out == enlarged("a.png", upscaler, output=files.OutputFormat("jpeg"))
    assert run("a.png", "-o", "-") == 0
    assert capsysbinary.readouterr().out == enlarged("a.png", upscaler)


@pytest.mark.parametrize("arguments", [("-", "a.png"), ("in", "-o", "-")])
def test_standard_input_and_output_are_for_one_picture(run, capsys, arguments):
    put("a.png", "in/b.png")
    assert run(*arguments) == 2
    assert "are for one picture" in capsys.readouterr().err


@pytest.mark.parametrize("where", ["upscaler.Upscaler.upscale", "jobs.plan"])
@pytest.mark.parametrize("debug", [False, True])
def test_a_bug_is_one_sentence_and_debug_shows_where_it_arose(run, capsys, monkeypatch, where, debug):
    put("a.png")

    def broken(*_arguments, **_options):
        raise KeyError("no such thing")

    monkeypatch.setattr(f"sr_core.{where}", broken)
    assert run("a.png", *(["--debug"] if debug else [])) == 1
    said = capsys.readouterr().err
    assert "unexpected KeyError: 'no such thing'" in said
    assert ("--debug shows the traceback" in said) is not debug
    assert ('raise KeyError("no such thing")' in said) is debug


def test_debug_shows_where_an_ordinary_error_arose_too(run, capsys):
    Path("bad.png").write_bytes(b"no picture")
    assert run("bad.png") == 1
    assert "Traceback" not in capsys.readouterr().err
    assert run("bad.png", "--debug") == 1
    said = capsys.readouterr().err
    assert "Traceback (most recent call last)" in said
    assert "UnsupportedPictureError: " in said or "UnreadablePictureError: " in said
