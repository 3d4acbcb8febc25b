"""Scores measured so far on the page "Measure". Holds no pixels."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from service.methods import Method
from service.sample import Facts, Sample
from sr_core import ACCEPTABLE_PSNR, Protocol, Scores

MAX_SAMPLES = 50
"""Maximum number of pictures. Their files are kept, so that more networks can be tried on them."""


@dataclass(frozen=True, slots=True)
class Mean:
    """Means over `count` pictures, of which `passed` reach 30 dB; PSNR is averaged in decibels."""

    psnr: float
    ssim: float
    mse: float
    mae: float
    passed: int
    count: int


@dataclass
class Measurements:
    """The samples of one person, and their scores under all settings used so far."""

    samples: dict[str, Sample] = field(default_factory=dict)
    # By sample key and scale:
    facts: dict[tuple[str, int], Facts] = field(default_factory=dict)
    refused: dict[tuple[str, int], str] = field(default_factory=dict)
    # By sample key and method name:
    results: dict[tuple[str, str], Mapping[Protocol, Scores]] = field(default_factory=dict)
    failed: dict[tuple[str, str], str] = field(default_factory=dict)

    def clear_failures(self) -> None:
        """Discard failures and refusals, so that these samples and methods count as missing again."""
        self.failed.clear()
        self.refused.clear()

    def missing(self, sample: Sample, methods: Sequence[Method]) -> list[Method]:
        """Return the methods with neither scores nor a failure on a sample."""
        if (sample.key, methods[0].scale) in self.refused:
            return []
        done = self.results.keys() | self.failed.keys()
        return [method for method in methods if (sample.key, method.name) not in done]

    def accepted(self, scale: int) -> list[Sample]:
        """Return the samples that have not been refused at a scale."""
        return [sample for sample in self.samples.values() if (sample.key, scale) not in self.refused]

    def working(self, methods: Sequence[Method]) -> list[Method]:
        """Return the methods that have not failed on every sample."""
        accepted = self.accepted(methods[0].scale)
        return [m for m in methods if not all((sample.key, m.name) in self.failed for sample in accepted)]

    def complete(self, methods: Sequence[Method]) -> list[Sample]:
        """Return the samples with scores of every method: only over these are means comparable."""
        return [
            sample
            for sample in self.samples.values()
            if all((sample.key, method.name) in self.results for method in methods)
        ]

    def scores(self, sample: Sample, method: Method) -> Mapping[Protocol, Scores]:
        """Return the scores of a method on a sample, by protocol; empty until it has been measured."""
        return self.results.get((sample.key, method.name), {})

    def mean(self, method: Method, protocol: Protocol, *, over: Sequence[Sample]) -> Mean:
        """Return the mean scores of a method over samples that have been measured with it."""
        every = [self.scores(sample, method)[protocol] for sample in over]
        count = len(every)
        return Mean(
            psnr=sum(s.psnr for s in every) / count,
            ssim=sum(s.ssim for s in every) / count,
            mse=sum(s.mse for s in every) / count,
            mae=sum(s.mae for s in every) / count,
            passed=sum(passes(s) for s in every),
            count=count,
        )

    def failures(self, methods: Sequence[Method]) -> list[tuple[str, str]]:
        """Return what could not be measured: the file, with the method if only that failed; and why."""
        scale, failures = methods[0].scale, []
        for sample in self.samples.values():
            if (sample.key, scale) in self.refused:
                failures.append((sample.name, self.refused[sample.key, scale]))
            failures += [
                (f"{sample.name}, {method.title}", self.failed[sample.key, method.name])
                for method in methods
                if (sample.key, method.name) in self.failed
            ]
        return failures


def passes(scores: Scores) -> bool:
    """Return whether a restoration counts as acceptable."""
    return scores.psnr >= ACCEPTABLE_PSNR
