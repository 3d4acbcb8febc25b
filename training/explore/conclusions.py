"""What the facts about a dataset mean: one sentence for each check, and its severity."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np

from sr_core.metrics import ACCEPTABLE_PSNR
from training.explore.facts import Exploration, Other
from training.explore.inspection import BRIGHT, DARK

Level = Literal["alarm", "look", "note", "good"]
"""Almost certainly wrong; worth a look; neither good nor bad; as it should be."""

SHIFT = 2.0
"""Grey levels. Reducing and enlarging keep the mean brightness; a larger difference is a change of tones."""


@dataclass(frozen=True, slots=True)
class Conclusion:
    """One sentence, and the name of the part of the page that shows the evidence."""

    about: str
    level: Level
    text: str


def conclude(found: Exploration) -> list[Conclusion]:
    """Return the conclusions of all checks."""
    return [*_files(found), *_copies(found), *map(_against, found.others), *_tones(found), *_scores(found)]


def counted(number: int, what: str) -> str:
    """Return a number with its noun, such as "1 picture" or "1,200 pictures"."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _files(found: Exploration) -> Iterator[Conclusion]:
    if found.problems:
        yield Conclusion(
            "problems",
            "alarm",
            f"{counted(len(found.problems), 'problem')} with single files: unpaired, unreadable or of a size "
            "that does not fit. Training refuses the dataset until these are mended.",
        )
    else:
        paired = (
            "Every picture can be read, and every LR picture has its HR picture."
            if found.lr
            else ("Every picture can be read.")
        )
        yield Conclusion("problems", "good", paired)
    see_through = sum(facts.see_through > 0 for facts in (*found.hr, *found.lr))
    if see_through:
        yield Conclusion(
            "files",
            "alarm",
            f"{counted(see_through, 'picture')} transparent in places: what lies behind is undefined, and a "
            "network would learn it.",
        )
    modes = Counter(facts.mode for facts in found.hr)
    if len(modes) > 1:
        listed = ", ".join(f"{count:,} {mode}" for mode, count in modes.most_common())
        yield Conclusion("files", "look", f"The HR pictures are of several modes: {listed}.")
    if found.strangers:
        yield Conclusion(
            "belonging",
            "alarm",
            f"{counted(len(found.strangers), 'pair')} in which LR shows another picture than HR: the pairing "
            "is wrong.",
        )
    elif found.lr:
        yield Conclusion("belonging", "good", "Every LR picture looks like its HR picture.")


def _copies(found: Exploration) -> Iterator[Conclusion]:
    leaks = [pair for pair in found.alike if pair.leaks]
    divided = any(pair.split for pair in found.pairs)
    if leaks:
        yield Conclusion(
            "copies",
            "alarm",
            f"{counted(len(leaks), 'pair')} of equal or nearly equal pictures in different parts of the "
            "dataset: scores on the held-out part would be too good.",
        )
    elif divided:
        yield Conclusion("copies", "good", "No picture of one part was found in another part: no leakage.")
    within = [pair for pair in found.alike if not pair.leaks]
    within_part = " within one part" if divided else ""
    if within:
        exact = sum(pair.match.exact for pair in within)
        kinds = ((exact, "equal"), (len(within) - exact, "nearly equal"))
        which = " and ".join(f"{counted(count, 'pair')} of {kind} pictures" for count, kind in kinds if count)
        yield Conclusion(
            "copies",
            "look",
            f"{which}{within_part}: these count twice.",
        )
    else:
        yield Conclusion("copies", "good", f"No picture is there twice{within_part}.")


def _against(other: Other) -> Conclusion:
    compared = f"the {counted(other.pictures, 'picture')} of {other.folder.name}"
    if other.alike:
        return Conclusion(
            "against",
            "alarm",
            f"{counted(len(other.alike), 'look-alike')} between this dataset and {compared}: leave them out "
            "of the one or the other.",
        )
    return Conclusion("against", "good", f"None of {compared} was found in this dataset: no leakage.")


def _tones(found: Exploration) -> Iterator[Conclusion]:
    extreme = sum(facts.tone.extreme for facts in found.hr)
    shifted = [
        pair
        for pair in found.pairs
        if pair.hr and pair.lr_tone and abs(pair.hr.tone.brightness - pair.lr_tone.brightness) > SHIFT
    ]
    if shifted:
        yield Conclusion(
            "brightness",
            "alarm",
            f"In {counted(len(shifted), 'pair')} LR is brighter or darker than HR by more than "
            f"{SHIFT:g} grey levels: a network would learn to change tones.",
        )
    elif found.scored:
        yield Conclusion(
            "brightness", "good", f"In each pair LR is as bright as HR, to {SHIFT:g} grey levels."
        )
    if extreme:
        yield Conclusion(
            "brightness",
            "look",
            f"{counted(extreme, 'HR picture')} black or white almost everywhere (mean under {DARK:g} or "
            f"over {BRIGHT:g}).",
        )
    even = sum(facts.tone.even for facts in found.hr)
    if even:
        yield Conclusion(
            "sharpness", "look", f"{counted(even, 'HR picture')} with hardly any detail to learn from."
        )
    ratios = [
        pair.lr_tone.sharpness / pair.hr.tone.sharpness
        for pair in found.pairs
        if pair.hr and pair.lr_tone and pair.hr.tone.sharpness
    ]
    if ratios:
        sharper = sum(ratio >= 1 for ratio in ratios)
        kept = f"LR keeps {np.median(ratios):.0%} of HR's mean gradient in the median pair"
        if sharper:
            yield Conclusion(
                "sharpness",
                "alarm",
                f"{kept}, but in {counted(sharper, 'pair')} it is as sharp as HR or sharper: nothing was "
                "lost there, or LR and HR are swapped.",
            )
        else:
            yield Conclusion("sharpness", "good", f"{kept}, and never all: the rest is to be restored.")


def _scores(found: Exploration) -> Iterator[Conclusion]:
    scored = found.scored
    if not scored:
        return
    decibels = np.array([pair.scores.psnr for pair in scored if pair.scores])
    same = int(np.isinf(decibels).sum())
    if same:
        yield Conclusion(
            "psnr",
            "alarm",
            f"{counted(same, 'pair')} whose LR at HR's size equals HR: there is nothing to restore.",
        )
    finite = decibels[np.isfinite(decibels)]
    if len(finite):
        done = "LR as it is" if found.scale == 1 else "Bicubic enlargement"
        yield Conclusion(
            "psnr",
            "note",
            f"{done} scores {finite.mean():.2f} dB on average ({found.protocol.short()}): that is what a "
            f"network has to beat. {(finite > ACCEPTABLE_PSNR).mean():.0%} of the pairs are above "
            f"{ACCEPTABLE_PSNR:g} dB already.",
        )
