"""Recipes: all settings of a training run that determine its numbers, except the pictures."""

import argparse
import math
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, Literal, get_args

from sr_core import networks
from sr_core.errors import OptionError
from training.settings import changed, setting

Loss = Literal["mae", "mse", "mae_fft", "luma_mse"]
LOSSES = get_args(Loss)


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of a run with its own patches and loss.

    Attributes
    ----------
    begins : float
        Share of the run, in [0, 1), at which it begins.
    patch : int
        Side of an LR patch, in LR px.
    batch : int
        Patches a step.
    loss : str
        One of `LOSSES`, on [0, 1].
    """

    begins: float
    patch: int
    batch: int
    loss: Loss = "mae"

    def __post_init__(self):
        if not (0 <= self.begins < 1 and self.patch > 0 and self.batch > 0 and self.loss in LOSSES):
            raise OptionError(
                "A phase begins at a share of the run from 0 to 1, with a patch and a batch above 0 and the "
                f"loss {', '.join(LOSSES[:-1])} or {LOSSES[-1]}. Received: {self}"
            )

    @classmethod
    def read(cls, text: str) -> "Phase":
        """Parse an option's value: ``BEGINS:PATCH:BATCH[:LOSS]``."""
        try:
            begins, patch, batch, *loss = text.split(":")
            return cls(float(begins), int(patch), int(batch), *loss)  # type: ignore[arg-type]
        except (ValueError, TypeError, OptionError) as error:
            raise argparse.ArgumentTypeError(str(error)) from error


@dataclass(frozen=True, kw_only=True)
class RunSettings:
    """The settings common to runs for PSNR and adversarial runs, each with its own help text."""

    network: str  # see `sr_core.networks.architecture`
    scale: int
    hyperparameters: Mapping[str, Any] = field(default_factory=dict)  # for the network's builder
    patch: int = setting(32, "side of an LR patch in LR px")
    batch: int = setting(16, "patches a step")
    rate: float = setting(5e-4, "peak learning rate")
    beta_2: float = 0.99  # Adam's second moment
    ema: float = setting(
        0.99, "momentum of the averaged weights that are validated and exported; 0: the weights as they are"
    )
    by_detail: bool = setting(
        True, "draw patches evenly, not by gradient energy", option="--even", action="store_false"
    )
    steps: int = 10_000  # where the length is not given in minutes
    steps_per_epoch: int = setting(100, "steps between two checkpoints")
    validate_every: int = setting(10, "epochs between two validations; 0: at the end only")
    precision: Literal["mixed_bfloat16", "float32"] = setting(
        "mixed_bfloat16", "arithmetic while training (default: what suits this machine)"
    )
    seed: int = setting(1, "seed of everything random")

    def __post_init__(self):
        for name in ("patch", "batch", "steps", "steps_per_epoch", "rate"):
            if getattr(self, name) <= 0:
                raise OptionError(f"{name} must be above 0. Received: {getattr(self, name)!r}")
        if self.validate_every < 0:
            raise OptionError(f"validate_every must be 0 or above. Received: {self.validate_every!r}")
        if not 0 <= self.ema < 1:
            raise OptionError(f"ema must be in [0, 1). Received: {self.ema!r}")


@dataclass(frozen=True, kw_only=True)
class Recipe(RunSettings):
    """The recipe of a run for PSNR.

    Older cards name neither the optimizer, which was Adam, nor the degradation, which was bicubic. An average
    over more than 100 steps, as with ``ema`` 0.99, pays only in runs so long that the weights hardly change
    within it: 0.999 scored 7 dB less after the first 1,700 steps of EDSR.
    """

    loss: Loss = setting("mae", "pixel loss on [0, 1]: see training/fit/losses.py")
    phases: tuple[Phase, ...] = setting(
        (),
        "later parts of the run, e.g. 0.6:48:8 0.9:64:4:mse: small patches first are many and cheap, large "
        "ones at the end show the network its whole receptive field",
        type=Phase.read,
        metavar="BEGINS:PATCH:BATCH[:LOSS]",
    )
    optimizer: Literal["muon", "adam"] = setting("muon", "what turns gradients into steps")
    final_rate: float = setting(1e-6, "learning rate at the end")
    schedule: Literal["cosine", "step", "linear", "1-sqrt", "constant"] = setting(
        "cosine", "how the learning rate falls; constant: never, and the run has no end"
    )
    warmup: float = setting(0.02, "share of the run in which the rate rises to its peak")
    warmup_steps: int = setting(200, "the same for a run with --schedule constant, in steps")
    clip_norm: float = 0.0  # global gradient norm above which a step is scaled down; 0: never
    whole_pictures: bool = False  # of `patch` px, each once an epoch and as it is, instead of patches
    from_noise: bool = False  # all kernels as Keras draws them by default (Glorot, Bengio 2010)
    lines: float = setting(
        0.0,
        "share of patches drawn by straight edges, as of buildings and letters, not by all detail",
        metavar="SHARE",
    )
    degradation: Literal["bicubic", "photo"] = setting(
        "bicubic", "LR as the pictures come with it (default), or with noise and JPEG drawn for each patch"
    )
    steps: int = 100_000
    patience: int = setting(0, "validations without improvement before stopping; 0: never")
    monitor: Literal["psnr", "loss"] = setting("psnr", "validation score that chooses the best weights")
    score_training: int = setting(0, "training pictures to score whole, for the over-fitting gap")

    def __post_init__(self):
        super().__post_init__()
        if not 0 <= self.lines <= 1:
            raise OptionError(f"lines must be a share from 0 to 1. Received: {self.lines!r}")
        if self.open_ended and self.phases:
            raise OptionError(
                "At a constant rate a run has no end, and phases are shares of a run; give them to a branch "
                f"of it. Received: {self.phases}"
            )

    @property
    def open_ended(self) -> bool:
        """Whether the run has no end: a trunk, see `training.fit.branch`."""
        return self.schedule == "constant"

    @property
    def grid(self) -> int:
        """LR px that patches begin at multiples of."""
        return networks.architecture(self.network).grid

    @property
    def patches(self) -> list[int]:
        """The sides of the LR patches of all phases, in LR px."""
        return [self.phase_at(begins).patch for begins in (0.0, *(phase.begins for phase in self.phases))]

    def phase_at(self, progress: float) -> Phase:
        """Return the phase when the share `progress` of the run is done."""
        begun = [phase for phase in self.phases if phase.begins <= progress]
        first = Phase(0.0, self.patch, self.batch, self.loss)
        return max(begun, key=lambda phase: phase.begins, default=first)

    def rate_at(self, progress: float, *, steps: int = 0) -> float:
        """Return the learning rate when the share `progress` in [0, 1] of the run is done.

        The rate of an open-ended run depends on the number of `steps` done.
        """
        done, warmup = (steps, self.warmup_steps) if self.open_ended else (progress, self.warmup)
        if done < warmup:
            return self.rate * max(done / warmup, 0.1)  # never zero: the first epoch must move
        if self.open_ended:
            return self.rate
        if self.schedule == "step":
            return max(self.rate * 0.5 ** int(4 * progress), self.final_rate)
        done = min((progress - self.warmup) / (1 - self.warmup), 1.0)
        left = {
            "cosine": (1 + math.cos(math.pi * done)) / 2,
            "linear": 1 - done,
            "1-sqrt": 1 - math.sqrt(done),
        }[self.schedule]
        return self.final_rate + (self.rate - self.final_rate) * left


@dataclass(frozen=True, kw_only=True)
class GanRecipe(RunSettings):
    """The second stage of ESRGAN.

    "Paper" is Wang et al. 2018 (https://arxiv.org/abs/1809.00219) with its authors' code; at full size it has
    ``discriminator_channels=64, batch=16, steps=400_000, ema=0``, an HR patch of 128 px and a generator of 23
    blocks. Other defaults save CPU hours, unless they say why. The weights of the last good validation are
    exported, because those with the best PSNR are the least adversarial.
    """

    perceptual: Literal["vgg", "discriminator"] = setting(
        "vgg",
        "compare pictures in VGG19's features (default, paper), or in those of the discriminator (feature "
        "matching: Salimans et al. 2016, https://arxiv.org/abs/1606.03498)",
    )
    perceptual_weight: float = setting(1.0, "factor on the perceptual loss (paper: 1)")
    adversarial_weight: float = setting(5e-3, "factor on the adversarial loss (paper: 5e-3)")
    pixel_weight: float = setting(1e-2, "factor on the pixel loss (paper: 1e-2)")
    discriminator_channels: int = setting(
        32, "feature channels of the discriminator's first stage (paper: 64)"
    )
    patch: int = setting(32, "side of an LR patch in LR px; scale * patch is 32, 64, ... (paper: 32 at x4)")
    batch: int = changed(RunSettings, "batch", 8)
    rate: float = setting(1e-4, "learning rate of both networks (paper: 1e-4)")
    halvings: tuple[float, ...] = setting(
        (0.125, 0.25, 0.5, 0.75),
        "shares of the run after which it is halved (paper: after 50, 100, 200, 300 of 400 thousand steps)",
        nargs="*",
        metavar="SHARE",
    )
    validate_every: int = changed(RunSettings, "validate_every", 5)
    max_drop: float = setting(
        6.0, "dB of validation PSNR that may be lost (the paper's own loses 2.4 on Set5)"
    )
    won_loss: float = setting(
        15.0, "adversarial loss from which the discriminator has won; it is 0.69 at a draw"
    )
    won_validations: int = setting(5, "validations in a row it may have won before the run ends")
    monitor: Literal["last"] = "last"

    def __post_init__(self):
        super().__post_init__()
        for name in ("validate_every", "max_drop", "discriminator_channels", "won_validations"):
            if getattr(self, name) <= 0:
                raise OptionError(f"{name} must be above 0. Received: {getattr(self, name)!r}")
        for name in ("perceptual_weight", "adversarial_weight", "pixel_weight"):
            if getattr(self, name) < 0:
                raise OptionError(f"{name} must be 0 or more. Received: {getattr(self, name)!r}")

    @property
    def size(self) -> int:
        """Side of an HR patch, in HR px."""
        return self.patch * self.scale

    def rate_at(self, progress: float) -> float:
        """Return the learning rate when the share `progress` in [0, 1] of the run is done."""
        return self.rate * 0.5 ** sum(progress >= share for share in self.halvings)


def from_plain(settings: Mapping[str, Any]) -> Recipe:
    """Return the recipe in a run's description."""
    phases = tuple(Phase(**phase) for phase in settings.get("phases", ()))
    return Recipe(**{**settings, "phases": phases})


def defaults() -> dict[str, Any]:
    """Return the default of each setting, which is also its value in runs from before it existed."""
    return {one.name: one.default for one in fields(Recipe) if one.default is not MISSING}
