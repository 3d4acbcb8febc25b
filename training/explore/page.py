"""One page about a dataset that holds everything it shows: no script, and nothing that is fetched."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from string import Template
from typing import get_args

from training.explore import sections
from training.explore.conclusions import Conclusion, Level, counted
from training.explore.facts import Exploration
from training.explore.figures import Figure
from training.explore.markup import Html, element, escaped, image, joined
from training.explore.samples import Sample

LEVELS: tuple[Level, ...] = get_args(Level)
TEMPLATE = Path(__file__).with_name("page.html")


def page(
    found: Exploration,
    conclusions: Sequence[Conclusion],
    figures: Sequence[Figure],
    drawn: Mapping[str, tuple[bytes, bytes]],
    shown: Sequence[Sample],
) -> str:
    """Return the page as HTML.

    Parameters
    ----------
    found : Exploration
    conclusions : sequence of Conclusion
    figures : sequence of Figure
    drawn : mapping of str to (bytes, bytes)
        For the name of each figure, its chart as PNG for a light and for a dark page.
    shown : sequence of Sample
    """
    name = found.folder.resolve().name
    template = Template(TEMPLATE.read_text(encoding="utf-8"))
    return template.substitute(
        title=escaped(f"What is in {name}"),
        lead=escaped(_lead(found)),
        sections=joined(_sections(found, conclusions, _Charts(figures, drawn), shown)),
    )


class _Charts:
    """The charts of a page, by what they are about."""

    def __init__(self, figures: Sequence[Figure], drawn: Mapping[str, tuple[bytes, bytes]]) -> None:
        self._figures, self._drawn = figures, drawn

    def about(self, *subjects: str) -> Html:
        cards = [self._card(figure) for figure in self._figures if figure.about in subjects]
        return element("div", *cards, kind="charts") if cards else Html("")

    def _card(self, figure: Figure) -> Html:
        light, dark = self._drawn[figure.name]
        what = element(
            "figcaption",
            element("p", figure.says),
            element("p", element("strong", "Alarming would be: "), figure.alarming, kind="quiet"),
        )
        chart = image(light, f"{figure.chart.title}: {figure.says}", dark=dark)
        return element("figure", element("h3", figure.title), chart, what, kind="paper")


def _sections(
    found: Exploration, conclusions: Sequence[Conclusion], charts: _Charts, shown: Sequence[Sample]
) -> Iterator[Html]:
    yield _section("In short", _in_short(conclusions))
    if found.problems:
        yield _section("Files that cannot be used", sections.problems(found.problems))
    yield _section("The files", sections.files(found), charts.about("files"))
    strangers = sections.strangers(found)
    if strangers:
        yield _section("LR pictures that show something else", strangers)
    yield _section("Copies and leakage", sections.copies(found), charts.about("copies"))
    tones = charts.about("brightness", "sharpness")
    yield _section("Brightness and sharpness", tones, sections.odd_ones(found))
    if found.scored:
        yield _section(
            "LR against HR", sections.scores(found), charts.about("psnr"), sections.extremes(found)
        )
    if shown:
        yield _section("Samples", sections.samples(found, shown))
    yield _section("How this was measured", sections.method(found))


def _lead(found: Exploration) -> str:
    what = "pair" if found.lr else "picture"
    total = len(found.scan.pairs)
    lead = f"{counted(len(found.pairs), what)}, layout {found.scan.layout}"
    if found.lr:
        lead += f", scale ×{found.scale}"
    parts = dict.fromkeys(pair.split for pair in found.pairs if pair.split)
    if parts:
        sizes = (f"{sum(pair.split == part for pair in found.pairs):,} {part}" for part in parts)
        lead += f": {', '.join(sizes)}"
    lead += "."
    if len(found.pairs) < total:
        lead += f" A quick look at {len(found.pairs):,} of {total:,}, drawn at random; copies of the others "
        lead += "stay unseen."
    return lead + "".join(f" Note: {note}." for note in found.scan.notes)


def _in_short(conclusions: Sequence[Conclusion]) -> Html:
    worst_first = sorted(conclusions, key=lambda one: LEVELS.index(one.level))
    items = (
        element(
            "li",
            element("span", one.level.capitalize(), kind=f"badge {one.level}"),
            element("span", one.text),
        )
        for one in worst_first
    )
    return element("div", element("ul", *items, kind="short"), kind="paper")


def _section(title: str, *content: Html) -> Html:
    return element("section", element("h2", title), *content)
