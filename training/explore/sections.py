"""The parts of a dataset's page that are no charts: tables, thumbnails and samples."""

import math
from collections import Counter
from collections.abc import Callable, Sequence

from training.explore import summary
from training.explore.conclusions import UNLIKE, counted, is_black_or_white, is_even
from training.explore.facts import Alike, Exploration, PairFacts
from training.explore.inspection import FileFacts
from training.explore.markup import Html, element, image, joined, table
from training.explore.samples import MAGNIFIED, SIDE, Sample, jpeg, png, thumbnail

MOST_LISTED = 50
"""Problems and look-alikes that the page lists; summary.json has all."""

_EXTREMES = 10  # of the best and of the worst pairs
_THUMBNAIL = 64  # px

_METHOD = (
    ("Brightness", "Mean BT.601 luma, stretched so that black is 0 and white is 255."),
    (
        "Sharpness",
        "Mean gradient magnitude of BT.601 luma by forward differences, in grey levels a px. It grows with "
        "detail, and with noise too. LR is measured at HR's size.",
    ),
    (
        "Equal pictures",
        "SHA-256 of size, bit depth and RGB values: the same pixels, whatever the file format.",
    ),
    (
        "Nearly equal pictures",
        "A perceptual hash of 64 bits: luma reduced to 32 x 32 px, and of its DCT the 64 lowest frequencies "
        "against their median. It finds what was saved again, reduced, brightened or cropped by a hair, and, "
        "at half as many bits, what was mirrored or turned. It does not find a part of a larger picture, and "
        "pictures that are even all over have no hash.",
    ),
)


def problems(listed: Sequence[str]) -> Html:
    """List what is wrong with single files."""
    items = [element("li", problem) for problem in listed[:MOST_LISTED]]
    return joined([element("ul", *items), _cut(len(listed), "problem")])


def files(found: Exploration) -> Html:
    """Tabulate formats, modes, sizes and bytes of HR beside LR."""
    sides = [(name, facts) for name, facts in (("HR", found.hr), ("LR", found.lr)) if facts]
    if not sides:
        return element("p", "No picture could be read.")

    def tally(name: Callable[[FileFacts], str]) -> list[str]:
        return [
            ", ".join(f"{n:,} {one}" for one, n in Counter(map(name, f)).most_common(4)) for _, f in sides
        ]

    numbers = [summary.files(facts) for _, facts in sides]
    rows = [
        ("pictures", [f"{one['pictures']:,}" for one in numbers]),
        ("formats", tally(lambda one: one.file_format)),
        ("modes", tally(lambda one: one.mode)),
        ("transparent in places", [f"{one['transparent_in_places']:,}" for one in numbers]),
        ("sizes, height x width in px", [_sizes(one["sizes_height_x_width"]) for one in numbers]),
        ("megapixels", [f"{one['pixels'] / 1e6:,.1f}" for one in numbers]),
        ("MB", [f"{one['bytes'] / 1e6:,.1f}" for one in numbers]),
        ("mean R, G, B of 0..255", [", ".join(f"{v:.1f}" for v in one["mean_colour"]) for one in numbers]),
        ("median brightness", [f"{one['brightness']['median']:.1f}" for one in numbers]),
        ("median contrast", [f"{one['contrast']['median']:.1f}" for one in numbers]),
    ]
    names = ["", *(name for name, _ in sides)]
    cells = [(name, *values) for name, values in rows]
    return table("What the files hold, told by their content", names, cells, text=len(names))


def strangers(found: Exploration) -> Html | None:
    """Show the pairs whose two pictures do not look alike."""
    unlike = [pair for pair in found.pairs if pair.unlike is not None and pair.unlike >= UNLIKE]
    rows = [
        (pair.name, _thumbnail(pair.lr), _thumbnail(pair.hr), str(pair.unlike))
        for pair in unlike[:MOST_LISTED]
    ]
    if not rows:
        return None
    caption = f"Pairs whose perceptual hashes differ in {UNLIKE} bits or more"
    return joined([table(caption, ["pair", "LR", "HR", "bits"], rows, text=3), _cut(len(unlike), "pair")])


def copies(found: Exploration) -> Html:
    """Show look-alikes within the dataset, and between it and other folders."""
    parts = [_look_alikes(found.alike, "Look-alikes within this dataset", "No picture is there twice.")]
    for other in found.others:
        compared = f"{other.folder.name} ({counted(other.pictures, 'picture')})"
        parts += [
            _look_alikes(
                other.alike, f"Look-alikes in {compared}", f"None of {compared} was found in this dataset."
            )
        ]
        if other.problems:
            parts += [element("p", f"Not compared, in {other.folder.name}:"), problems(other.problems)]
    return joined(parts)


def odd_ones(found: Exploration) -> Html:
    """Show HR pictures that are black or white almost everywhere, or hold hardly any detail."""
    odd = [facts for facts in found.hr if is_black_or_white(facts) or is_even(facts)]
    if not odd:
        return Html("")
    rows = [
        (facts.name, _thumbnail(facts), f"{facts.tone.brightness:.1f}", f"{facts.tone.sharpness:.2f}")
        for facts in odd[:MOST_LISTED]
    ]
    caption = "HR pictures that are black or white almost everywhere, or hold hardly any detail"
    header = ["file", "picture", "brightness", "sharpness"]
    return joined([table(caption, header, rows, text=2), _cut(len(odd), "picture")])


def scores(found: Exploration) -> Html:
    """Tabulate PSNR and SSIM by part, under their protocol."""
    how = "LR is as large as HR." if found.scale == 1 else "LR is enlarged to HR's size by bicubic first."
    rows = []
    for name, pairs in summary.by_split(found).items():
        one = summary.scores(pairs)
        psnr, ssim = one["psnr"], one["ssim"]
        rows.append(
            (
                name,
                f"{len(pairs):,}",
                *(_number(psnr[which], 2) for which in ("mean", "sd", "least", "greatest")),
                *(_number(ssim[which], 4) for which in ("mean", "least")),
            )
        )
    header = ["part", "pairs", "PSNR dB", "± sd", "least", "greatest", "SSIM", "least"]
    return joined([element("p", f"{found.protocol.describe()} {how}"), table("LR against HR", header, rows)])


def extremes(found: Exploration) -> Html:
    """Tabulate the worst and the best pairs."""
    half = min(_EXTREMES, len(found.scored))
    worst = table(f"The {half} worst", _HEADER, map(_scored, found.scored[:half]), text=2)
    best = table(f"The {half} best", _HEADER, map(_scored, found.scored[: -half - 1 : -1]), text=2)
    return element("div", worst, best, kind="tables")


_HEADER = ("pair", "HR", "PSNR dB", "SSIM")


def samples(found: Exploration, shown: Sequence[Sample]) -> Html:
    """Show the samples, pairs with their difference."""
    seed = f"Drawn at random with seed {found.settings.seed}."
    if not found.scored:
        figures = (
            element(
                "figure", image(jpeg(view), f"Picture {one.pair.name}"), element("figcaption", one.pair.name)
            )
            for one in shown
            for view in one.views.values()
        )
        return joined([element("p", seed), element("div", *figures, kind="samples")])
    told = (
        f"{seed} Pieces of at most {SIDE} x {SIDE} px from the middle, pixel for pixel. The difference "
        f"between HR and LR is magnified {MAGNIFIED} times: black where they are equal."
    )
    return joined([element("p", told), element("div", *map(_pair, shown), kind="pairs")])


def method(found: Exploration) -> Html:
    """Say what each number means."""
    near = f"Pictures whose hashes differ in {found.settings.near} bits or fewer count as nearly equal."
    terms = [(name, f"{text} {near}" if name == "Nearly equal pictures" else text) for name, text in _METHOD]
    if found.scored:
        terms.append(
            (
                "PSNR, SSIM",
                f"{found.protocol.describe()} SSIM with a Gaussian window of 11 x 11 px, sigma 1.5.",
            )
        )
    return element(
        "dl", *(part for name, text in terms for part in (element("dt", name), element("dd", text)))
    )


def _look_alikes(alike: Sequence[Alike], caption: str, otherwise: str) -> Html:
    if not alike:
        return element("p", otherwise)
    rows = [
        (
            _named(pair.one, pair.splits[0]),
            _named(pair.other, pair.splits[1]),
            "equal" if pair.exact else f"{pair.distance}{', mirrored or turned' if pair.turned else ''}",
        )
        # Leaks before copies within a part.
        for pair in sorted(alike, key=lambda pair: not pair.leaks)[:MOST_LISTED]
    ]
    listed = table(caption, ["one", "other", "bits apart"], rows, text=2)
    return joined([listed, _cut(len(alike), "look-alike")])


def _pair(sample: Sample) -> Html:
    scored = sample.pair.scores
    numbers = f": {_decibels(scored.psnr)} dB, SSIM {scored.ssim:.3f}" if scored else ""
    views = (
        element("div", image(png(view), f"{name} of pair {sample.pair.name}"), element("span", name))
        for name, view in sample.views.items()
    )
    caption = element("figcaption", f"Pair {sample.pair.name}{numbers}")
    return element("figure", caption, element("div", *views, kind="views"), kind="paper")


def _scored(pair: PairFacts) -> tuple[str, Html, str, str]:
    psnr, ssim = (pair.scores.psnr, pair.scores.ssim) if pair.scores else (math.nan, math.nan)
    return pair.name, _thumbnail(pair.hr), _decibels(psnr), f"{ssim:.4f}"


def _named(facts: FileFacts, split: str) -> Html:
    return joined([_thumbnail(facts), facts.name, element("span", split, kind="quiet")])


def _thumbnail(facts: FileFacts | None) -> Html:
    if facts is None:
        return Html("")
    shown = thumbnail(facts.file, _THUMBNAIL)
    return image(jpeg(shown), facts.name, width=shown.shape[1], height=shown.shape[0])


def _sizes(sizes: dict[str, int]) -> str:
    if len(sizes) > 3:
        return f"{len(sizes):,} different ones"
    return ", ".join(f"{count:,} of {size}" for size, count in sizes.items())


def _cut(number: int, what: str) -> Html:
    if number <= MOST_LISTED:
        return Html("")
    return element("p", f"The first {MOST_LISTED} of {counted(number, what)}; summary.json has all.")


def _decibels(psnr: float) -> str:
    return "∞" if math.isinf(psnr) else f"{psnr:.2f}"


def _number(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:.{digits}f}"
