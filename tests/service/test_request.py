import pytest

from service.methods import networks_by_scale
from service.presets import PRESETS
from service.request import NETWORKS, Facts, Plan, Request, check_output, plan
from sr_core import OptionError, OutputFormat, PictureTooLargeError
from sr_core.sizing import Size, TargetSize

SMALL = Facts(height=100, width=200, bit_depth=8, exif_bytes=0, losses={})


def facts(height: int, width: int) -> Facts:
    return Facts(height, width, 8, 0, {})


def planned(facts: Facts, target: TargetSize, **more) -> Plan:
    return plan(facts, Request(target, **more))


@pytest.mark.parametrize(
    ("target", "network", "size"),
    [
        (TargetSize(scale=2), "edsr_x2", (200, 400)),
        (TargetSize(scale=4), "edsr_x4", (400, 800)),
        (TargetSize(width=400), "edsr_x2", (200, 400)),
        (TargetSize(width=401), "edsr_x3", (201, 401)),
        (TargetSize(width=601), "edsr_x4", (301, 601)),
        (TargetSize(longest=50), "edsr_x2", (25, 50)),
        (TargetSize(height=400), "edsr_x4", (400, 800)),
    ],
)
def test_smallest_network_that_reaches_is_taken(target: TargetSize, network: str, size: tuple[int, int]):
    assert planned(SMALL, target) == Plan(network, target, Size(*size))


@pytest.mark.parametrize(
    ("height", "width", "preset", "size", "dpi"),
    [
        (600, 900, "4K screen", (2160, 3240), None),
        (1000, 700, "4K screen", (3086, 2160), None),  # upright, as the picture is
        (900, 1200, "Print 10 × 15 cm", (1181, 1575), 300),
        (3000, 2000, "Print A4", (3508, 2339), 300),  # also of a picture that has px enough
        (100, 150, "Print A4", (400, 600), 51.3),  # as near as the network reaches, and printed as large
    ],
)
def test_preset_is_filled_as_the_picture_lies(
    height: int, width: int, preset: str, size: tuple[int, int], dpi: float | None
):
    made = plan(facts(height, width), Request(preset=PRESETS[preset]))

    assert made.size == size
    assert made.dpi == (None if dpi is None else pytest.approx(dpi, abs=0.2))
    assert made.note == (
        "3,508 × 2,480 px is beyond the network's reach: the result is as large as it can be."
        if size == (400, 600)
        else ""
    )


def test_size_out_of_reach_is_refused():
    with pytest.raises(OptionError, match="at most 400 x 800 px"):
        planned(SMALL, TargetSize(width=801))


def test_too_many_pixels_are_refused_with_a_remedy():
    assert planned(facts(2000, 2000), TargetSize(scale=4)).size == (8000, 8000)

    with pytest.raises(PictureTooLargeError, match=r"102 megapixels, and at most 64 .*choose ×2, or make"):
        planned(facts(2000, 3200), TargetSize(scale=4), smaller=False)
    with pytest.raises(PictureTooLargeError, match="made here; choose the faithful look"):
        planned(facts(2000, 3200), TargetSize(scale=4), look="sharp")
    with pytest.raises(PictureTooLargeError, match="made here; make the picture smaller first"):
        planned(facts(4000, 4001), TargetSize(scale=2))


def test_scale_that_would_be_too_large_gives_way_to_a_smaller_one_and_says_so():
    photo = facts(3000, 4000)

    chosen = planned(photo, TargetSize(scale=4))

    assert (chosen.network, chosen.target, chosen.size) == ("edsr_x2", TargetSize(scale=2), (6000, 8000))
    assert chosen.note == "×4 would be 192 megapixels: ×2 was used instead."
    assert planned(facts(2000, 3000), TargetSize(scale=4)).target == TargetSize(scale=3)
    with pytest.raises(PictureTooLargeError):
        planned(photo, TargetSize(width=12_001))


@pytest.mark.parametrize(
    ("target", "size"), [(TargetSize(scale=4), (400, 800)), (TargetSize(scale=2), (200, 400))]
)
def test_sharper_look_has_one_network_for_every_size(target: TargetSize, size: tuple[int, int]):
    assert planned(SMALL, target, look="sharp") == Plan("esrgan_x4", target, Size(*size))


def test_format_that_cannot_hold_the_result_is_refused():
    request = Request(output=OutputFormat("webp"))

    check_output(SMALL, plan(facts(100, 4095), request).size, request)
    with pytest.raises(PictureTooLargeError, match=r"WebP keeps .* at most 16,383 px.*save it as PNG"):
        check_output(SMALL, plan(facts(100, 4096), request).size, request)


def test_requests_of_the_same_pixels_differ_only_in_the_file():
    assert Request().same_picture(Request(output=OutputFormat("jpeg"), signed=False, keep_metadata=False))
    assert not Request().same_picture(Request(self_ensemble=True))
    assert not Request().same_picture(Request(clean_up=0.5))
    assert not Request().same_picture(Request(look="sharp"))
    assert not Request().same_picture(Request(target=TargetSize(scale=2)))


def test_the_network_of_a_scale_is_the_first_that_other_pages_offer():
    offered = networks_by_scale()
    faithful = NETWORKS["faithful"]
    assert {scale: offered[scale][0].name for scale in faithful} == faithful
