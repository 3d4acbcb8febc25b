"""What a training run does, as data: one frozen recipe per network."""

import math
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from typing import Any, Literal, get_args

from sr_core.errors import OptionError

Loss = Literal["mae", "mse", "mae_fft", "luma_mse"]
LOSSES = get_args(Loss)


@dataclass(frozen=True, slots=True)
class Phase:
    """A part of a run with patches and a loss of its own.

    Attributes
    ----------
    begins : float
        Share of the run, in [0, 1), from which on.
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


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Everything that decides the numbers of a run, except the pictures.

    Attributes
    ----------
    network : str
        A key of `sr_core.networks.NETWORKS`.
    scale : int
        Enlargement.
    hyperparameters : mapping
        For the network's builder.
    loss : {"mae", "mse", "mae_fft", "luma_mse"}
        On [0, 1]; for the last two see `training.fit.losses`.
    patch : int
        Side of an LR patch, in LR px.
    batch : int
        Patches a step.
    phases : sequence of Phase
        Later parts of the run with other patches or another loss: small patches first are many and cheap,
        large ones at the end show the network its whole receptive field.
    optimizer : {"muon", "adam"}
        See `training.fit.muon`. Cards from before there was a choice do not name it: Adam.
    rate : float
        Peak learning rate.
    final_rate : float
        Learning rate at the end of the cosine.
    schedule : {"cosine", "step", "linear", "1-sqrt", "constant"}
        How the rate falls after the warm-up: along a cosine, by half after each quarter of the run, in
        proportion to the share that is left, or by the root of the share that is done. A constant rate never
        falls, and such a run has no end: a trunk, see `training.fit.branch`.
    warmup : float
        Share of the run in which the rate rises to its peak.
    warmup_steps : int
        The same for a run without end, in steps.
    beta_2, clip_norm : float
        Adam's second moment, and the global gradient norm above which a step is scaled down (0: never).
    ema : float
        Momentum of the moving average of the weights that is validated and exported; 0 uses the weights as
        they are. 0.99 averages over about 100 steps. A longer average only pays in runs so long that the
        weights hardly move within it: 0.999 scored 7 dB less after the first 1,700 steps of EDSR.
    by_detail : bool
        Draw patches by their gradient energy (see `training.data.patches.PatchDataset`).
    whole_pictures : bool
        Train on whole pictures of `patch` px, each once an epoch and as it is, instead of on patches.
    from_noise : bool
        Begin with all kernels as Keras draws them by default (Glorot, Bengio 2010), as a plain implementation
        does, instead of as each network's own builder does.
    lines : float
        Share of the patches drawn by detail that are drawn by straight edges instead.
    degradation : {"bicubic", "photo"}
        LR as the pictures come with it, or as `training.data.photo` draws it for each patch. Cards from
        before there was a choice do not name it: bicubic.
    steps : int
        Length of the run in steps, when it is not given in minutes.
    steps_per_epoch : int
        Steps between two changes of the rate; a checkpoint is written after each epoch.
    validate_every : int
        Epochs between two validations (0: only at the end). The end is always validated.
    patience : int
        Validations without a better score after which the run stops early (0: never).
    monitor : {"psnr", "loss"}
        The validation score that chooses the best weights.
    score_training : int
        Training pictures that are scored as whole pictures beside the validation pictures; the distance
        between the two is the over-fitting gap.
    precision : {"mixed_bfloat16", "float32"}
        Keras dtype policy while training; the weights are float32 either way.
    seed : int
        Seed of initial weights, patches and augmentation.
    """

    network: str
    scale: int
    hyperparameters: Mapping[str, Any] = field(default_factory=dict)
    loss: Loss = "mae"
    patch: int = 32
    batch: int = 16
    phases: tuple[Phase, ...] = ()
    optimizer: Literal["muon", "adam"] = "muon"
    rate: float = 5e-4
    final_rate: float = 1e-6
    schedule: Literal["cosine", "step", "linear", "1-sqrt", "constant"] = "cosine"
    warmup: float = 0.02
    warmup_steps: int = 200
    beta_2: float = 0.99
    clip_norm: float = 0.0
    ema: float = 0.99
    by_detail: bool = True
    whole_pictures: bool = False
    from_noise: bool = False
    lines: float = 0.0
    degradation: Literal["bicubic", "photo"] = "bicubic"
    steps: int = 100_000
    steps_per_epoch: int = 100
    validate_every: int = 10
    patience: int = 0
    monitor: Literal["psnr", "loss"] = "psnr"
    score_training: int = 0
    precision: Literal["mixed_bfloat16", "float32"] = "mixed_bfloat16"
    seed: int = 1

    def __post_init__(self):
        for name in ("patch", "batch", "steps", "steps_per_epoch", "rate"):
            if getattr(self, name) <= 0:
                raise OptionError(f"{name} must be above 0. Received: {getattr(self, name)!r}")
        if not 0 <= self.lines <= 1:
            raise OptionError(f"lines must be a share from 0 to 1. Received: {self.lines!r}")
        if self.validate_every < 0:
            raise OptionError(f"validate_every must be 0 or above. Received: {self.validate_every!r}")
        if self.open_ended and self.phases:
            raise OptionError(
                "At a constant rate a run has no end, and phases are shares of a run; give them to a branch "
                f"of it. Received: {self.phases}"
            )

    @property
    def open_ended(self) -> bool:
        """Whether the run has no end of its own."""
        return self.schedule == "constant"

    @property
    def grid(self) -> int:
        """What patches begin at multiples of: an enlargement is undone only where its pixels begin."""
        return self.hyperparameters.get("enlarged_before", 1)

    @property
    def patches(self) -> list[int]:
        """The sides of the LR patches of all parts of the run, in LR px."""
        return [self.phase_at(begins).patch for begins in (0.0, *(phase.begins for phase in self.phases))]

    def phase_at(self, progress: float) -> Phase:
        """Return the phase that the run is in when the share `progress` of it is done."""
        begun = [phase for phase in self.phases if phase.begins <= progress]
        first = Phase(0.0, self.patch, self.batch, self.loss)
        return max(begun, key=lambda phase: phase.begins, default=first)

    def rate_at(self, progress: float, *, steps: int = 0) -> float:
        """Return the learning rate when the share `progress` in [0, 1] of the run is done.

        For a run without end the number of `steps` that are done decides.
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


def from_plain(settings: Mapping[str, Any]) -> Recipe:
    """Return the recipe that a run's description holds as plain data."""
    phases = tuple(Phase(**phase) for phase in settings.get("phases", ()))
    return Recipe(**{**settings, "phases": phases})


def defaults() -> dict[str, Any]:
    """Return what each setting is where it is not chosen, and was before it could be."""
    return {one.name: one.default for one in fields(Recipe) if one.default is not MISSING}


@dataclass(frozen=True, slots=True)
class _OfNetwork:
    """What the recipes of one network have of their own; the rest is a `Recipe`'s defaults.

    `study_epochs` are the original study's; it names a range, of which this is the upper end.
    """

    study_epochs: int
    best: Mapping[str, Any] = field(default_factory=dict)
    study: Mapping[str, Any] = field(default_factory=dict)
    as_written: Mapping[str, Any] = field(default_factory=dict)


_NETWORKS: Mapping[str, _OfNetwork] = {
    # The whole picture comes out of it, so its weights must move far: a high rate, as in the paper.
    "srcnn": _OfNetwork(5, best={"rate": 1e-3}),
    # The paper's gradient clipping lets it use a high rate; many small patches, because it works at HR size.
    "vdsr": _OfNetwork(5, best={"rate": 5e-4, "clip_norm": 0.4, "patch": 16}, study={"clip_norm": 0.4}),
    "esrgan": _OfNetwork(
        10,
        best={"hyperparameters": {"blocks": 3, "channels": 48, "growth": 24}, "rate": 4e-4},
        study={"hyperparameters": {"blocks": 2, "channels": 32, "growth": 16}},
        as_written={"hyperparameters": {"blocks": 3, "channels": 64, "growth": 32}},
    ),
    "autoencoder": _OfNetwork(15, study={"hyperparameters": {"channels": 32}}),
    "edsr": _OfNetwork(10, study={"hyperparameters": {"enlarged_before": 2}}),
}

# 700 pictures of 256 x 256 px hold as many pixels as 700 batches of 16 patches of 64 x 64 px.
_STUDY_STEPS_PER_EPOCH = 700
_STUDY_PICTURES, _STUDY_BATCH = 700, 4


def best(network: str, scale: int) -> Recipe:
    """What gives the best weights here: L1, one cosine, patches drawn by detail, averaged weights.

    The papers' networks and losses with a shorter schedule, because CPU hours are few. The command is
    ``python -m training fit NETWORK --scale 4 --data PHOTOS --val OTHER_PHOTOS --minutes N``.

    Notes
    -----
    From the cards, by ``python -m training report --recipes``. Where a network had several runs, each was
    exported to ``weights/`` and its folder removed before the next:

    ``python -m training fit edsr --scale 4 --data open_photos --val val_cid22 --exclude 'gb82_dog*'
    'gb82_city*' 'gb82_flowers*' --minutes 115 --validate-every 12 --optimizer adam``
    ``python -m training fit edsr --scale 2 --data open_photos --val val_cid22 --exclude 'gb82_dog*'
    'gb82_city*' 'gb82_flowers*' --start-from weights/edsr_x4.h5 --rate 4e-4 --minutes 26 --validate-every 8
    --precision float32 --run runs/edsr_x2 --optimizer adam``
    ``python -m training fit edsr --scale 2 --patch 32 --batch 8 --phases 0.75:48:8 --rate 5e-4 --minutes 22
    --steps-per-epoch 100 --validate-every 20 --data open_photos --val val_cid22 --exclude 'gb82_dog*'
    'gb82_city*' 'gb82_flowers*' --start-from weights/edsr_x2.h5 --run runs/edsr_x2``
        EDSR ×2: 1.92 h, 8,000 steps on 2 cores of an AMD EPYC with AVX-512 bfloat16, shared with other
        work; no GPU, then 0.43 h, 2,200 steps on 2 cores of an Intel Xeon with AVX-512, in float32, shared
        with other work; no GPU, then 0.37 h, 3,700 steps on 2 cores of an AMD EPYC with AVX-512 bfloat16,
        shared with other work; no GPU; Set5 (luma, shave 2) 37.61 dB / 0.9592, without it 33.67 dB.

    ``python -m training fit edsr --scale 4 --data open_photos --val val_cid22 --exclude 'gb82_dog*'
    'gb82_city*' 'gb82_flowers*' --minutes 115 --validate-every 12 --optimizer adam``
    ``python -m training fit edsr --scale 2 --data open_photos --val val_cid22 --exclude 'gb82_dog*'
    'gb82_city*' 'gb82_flowers*' --start-from weights/edsr_x4.h5 --rate 4e-4 --minutes 26 --validate-every 8
    --precision float32 --run runs/edsr_x2 --optimizer adam``
    ``python -m training fit edsr --scale 2 --patch 32 --batch 8 --phases 0.75:48:8 --rate 5e-4 --minutes 22
    --steps-per-epoch 100 --validate-every 20 --data open_photos --val val_cid22 --exclude 'gb82_dog*'
    'gb82_city*' 'gb82_flowers*' --start-from weights/edsr_x2.h5 --run runs/edsr_x2``
    ``python -m training fit edsr --scale 3 --patch 32 --batch 8 --phases 0.75:48:8 --rate 5e-4 --minutes 22
    --steps-per-epoch 100 --validate-every 20 --data open_photos --val val_cid22 --exclude 'gb82_dog*'
    'gb82_city*' 'gb82_flowers*' --start-from runs/shelf/edsr_x2.h5 --run runs/edsr_x3``
    ``python -m training fit edsr --scale 3 --patch 32 --batch 8 --phases 0.75:48:8 --rate 5e-4 --seed 2
    --minutes 26 --steps-per-epoch 100 --validate-every 20 --start-from weights/edsr_x3.h5 --run
    runs/edsr_x3 --data open_photos --val val_cid22 --exclude 'gb82_dog*' 'gb82_city*' 'gb82_flowers*'``
    ``python -m training fit edsr --scale 3 --patch 32 --batch 8 --phases 0.7:48:8:mse --rate 7e-4 --seed 7
    --minutes 40 --steps-per-epoch 100 --validate-every 25 --start-from weights/edsr_x3.h5 --run
    runs/edsr_x3 --data open_photos --val val_cid22 --exclude 'gb82_dog*' 'gb82_city*' 'gb82_flowers*'``
        EDSR ×3: 1.92 h, 8,000 steps on 2 cores of an AMD EPYC with AVX-512 bfloat16, shared with other
        work; no GPU, then 0.43 h, 2,200 steps on 2 cores of an Intel Xeon with AVX-512, in float32, shared
        with other work; no GPU, then 0.37 h, 3,700 steps on 2 cores of an AMD EPYC with AVX-512 bfloat16,
        shared with other work; no GPU, then 0.37 h, 3,300 steps on 2 cores of an AMD EPYC with AVX-512
        bfloat16, shared with other work; no GPU, then 0.44 h, 4,100 steps on 2 cores of an AMD EPYC with
        AVX-512 bfloat16, shared with other work; no GPU, then 0.67 h, 6,800 steps on 2 cores of an AMD EPYC
        with AVX-512 bfloat16, shared with other work; no GPU; Set5 (luma, shave 3) 33.90 dB / 0.9236,
        without it 30.40 dB.

    ``python -m training fit srcnn --xla --scale 4 --patch 12 --batch 16 --steps 3000 --steps-per-epoch 50
    --validate-every 30 --data open_photos --val val_cid22 --exclude 'gb82_dog*' 'gb82_city*'
    'gb82_flowers*' --precision float32 --optimizer adam``
    ``python -m training fit srcnn --scale 4 --patch 16 --batch 8 --phases 0.7:24:16 --rate 1e-3 --minutes 9
    --steps-per-epoch 100 --validate-every 20 --data open_photos --val val_cid22 --exclude 'gb82_dog*'
    'gb82_city*' 'gb82_flowers*' --start-from weights/srcnn_x4.h5 --run runs/srcnn_x4``
    ``python -m training fit srcnn --scale 4 --patch 16 --batch 8 --phases 0.6:16:16:mse 0.85:24:16:mse
    --rate 1e-3 --minutes 7 --steps-per-epoch 100 --validate-every 20 --start-from weights/srcnn_x4.h5 --run
    runs/srcnn_x4 --data open_photos --val val_cid22 --exclude 'gb82_dog*' 'gb82_city*' 'gb82_flowers*'``
    ``python -m training fit srcnn --scale 4 --patch 16 --batch 8 --phases 0.6:16:16:mse 0.85:24:16:mse
    --rate 1e-3 --seed 3 --minutes 12 --steps-per-epoch 100 --validate-every 40 --start-from
    weights/srcnn_x4.h5 --run runs/srcnn_x4 --data open_photos --val val_cid22 --exclude 'gb82_dog*'
    'gb82_city*' 'gb82_flowers*'``
    ``python -m training fit srcnn --scale 4 --patch 16 --batch 8 --phases 0.5:16:16:mse 0.8:24:16:mse
    --rate 1e-3 --seed 4 --minutes 8 --steps-per-epoch 100 --validate-every 60 --start-from
    weights/srcnn_x4.h5 --run runs/srcnn_x4 --data open_photos --val val_cid22 --exclude 'gb82_dog*'
    'gb82_city*' 'gb82_flowers*'``
        SRCNN ×4: 0.38 h, 3,000 steps on 2 cores of an AMD EPYC with AVX2, in float32, shared with other
        work; no GPU, then 0.15 h, 7,900 steps on 2 cores of an AMD EPYC with AVX-512 bfloat16, shared with
        other work; no GPU, then 0.12 h, 5,900 steps on 2 cores of an AMD EPYC with AVX-512 bfloat16, shared
        with other work; no GPU, then 0.2 h, 10,000 steps on 2 cores of an AMD EPYC with AVX-512 bfloat16,
        shared with other work; no GPU, then 0.13 h, 6,300 steps on 2 cores of an AMD EPYC with AVX-512
        bfloat16, shared with other work; no GPU; Set5 (luma, shave 4) 30.22 dB / 0.8573, without it 28.43
        dB.

    ``python -m training fit vdsr --scale 4 --patch 12 --batch 8 --steps 700 --steps-per-epoch 25
    --validate-every 28 --data open_photos --val val_cid22 --exclude 'gb82_dog*' 'gb82_city*'
    'gb82_flowers*' --precision float32 --optimizer adam``
    ``python -m training fit vdsr --scale 4 --patch 16 --batch 8 --rate 1e-3 --minutes 9 --steps-per-epoch
    50 --validate-every 100 --start-from weights/vdsr_x4.h5 --run runs/vdsr_x4 --data open_photos --val
    val_cid22 --exclude 'gb82_dog*' 'gb82_city*' 'gb82_flowers*'``
    ``python -m training fit vdsr --scale 4 --patch 16 --batch 8 --rate 1e-3 --minutes 16 --steps-per-epoch
    50 --validate-every 14 --start-from weights/vdsr_x4.h5 --run runs/vdsr_x4 --data open_photos --val
    val_cid22 --exclude 'gb82_dog*' 'gb82_city*' 'gb82_flowers*'``
    ``python -m training fit vdsr --scale 4 --patch 16 --batch 8 --rate 1e-3 --seed 3 --minutes 30
    --steps-per-epoch 50 --validate-every 24 --start-from weights/vdsr_x4.h5 --run runs/vdsr_x4 --data
    open_photos --val val_cid22 --exclude 'gb82_dog*' 'gb82_city*' 'gb82_flowers*'``
    ``python -m training fit vdsr --scale 4 --patch 16 --batch 8 --rate 1e-3 --seed 6 --minutes 28
    --steps-per-epoch 50 --validate-every 24 --start-from weights/vdsr_x4.h5 --run runs/vdsr_x4 --data
    open_photos --val val_cid22 --exclude 'gb82_dog*' 'gb82_city*' 'gb82_flowers*'``
    ``python -m training fit vdsr --scale 4 --patch 16 --batch 8 --phases 0.6:24:4:mse --rate 7e-4 --seed 7
    --minutes 22 --steps-per-epoch 50 --validate-every 30 --start-from weights/vdsr_x4.h5 --run runs/vdsr_x4
    --data open_photos --val val_cid22 --exclude 'gb82_dog*' 'gb82_city*' 'gb82_flowers*'``
    ``python -m training fit vdsr --scale 4 --loss mse --patch 24 --batch 4 --rate 4e-4 --seed 8 --minutes
    16 --steps-per-epoch 50 --validate-every 20 --start-from weights/vdsr_x4.h5 --run runs/vdsr_x4 --data
    open_photos --val val_cid22 --exclude 'gb82_dog*' 'gb82_city*' 'gb82_flowers*'``
        VDSR ×4: 0.38 h, 700 steps on 2 cores of an AMD EPYC with AVX2, in float32, shared with other work;
        no GPU, then 0.15 h, 1,200 steps on 2 cores of an AMD EPYC with AVX-512 bfloat16, shared with other
        work; no GPU, then 0.27 h, 1,950 steps on 2 cores of an AMD EPYC with AVX-512 bfloat16, shared with
        other work; no GPU, then 0.5 h, 3,750 steps on 2 cores of an AMD EPYC with AVX-512 bfloat16, shared
        with other work; no GPU, then 0.47 h, 3,500 steps on 2 cores of an AMD EPYC with AVX-512 bfloat16,
        shared with other work; no GPU, then 0.37 h, 2,650 steps on 2 cores of an AMD EPYC with AVX-512
        bfloat16, shared with other work; no GPU, then 0.27 h, 2,050 steps on 2 cores of an AMD EPYC with
        AVX-512 bfloat16, shared with other work; no GPU; Set5 (luma, shave 4) 30.99 dB / 0.8768, without it
        28.43 dB.

    ``python -m training fit esrgan --xla --scale 4 --patch 16 --batch 8 --steps 5000 --steps-per-epoch 100
    --validate-every 25 --data open_photos --val val_cid22 --exclude 'gb82_dog*' 'gb82_city*'
    'gb82_flowers*' --precision float32 --run runs/esrgan_x4 --optimizer adam``
    ``python -m training fit esrgan --scale 4 --patch 24 --batch 8 --phases 0.75:32:8 --rate 8e-4 --minutes
    25 --steps-per-epoch 100 --validate-every 15 --start-from weights/rrdb_x4.h5 --run runs/rrdb_x4 --data
    open_photos --val val_cid22 --exclude 'gb82_dog*' 'gb82_city*' 'gb82_flowers*'``
        RRDB ×4: 0.88 h, 5,000 steps on 2 cores of an AMD EPYC with AVX2, in float32, shared with other
        work; no GPU, then 0.42 h, 4,000 steps on 2 cores of an AMD EPYC with AVX-512 bfloat16, shared with
        other work; no GPU; Set5 (luma, shave 4) 31.35 dB / 0.8824, without it 28.43 dB.

    ``python -m training fit autoencoder --scale 4 --patch 24 --batch 8 --steps 3000 --steps-per-epoch 50
    --validate-every 30 --data open_photos --val val_cid22 --exclude 'gb82_dog*' 'gb82_city*'
    'gb82_flowers*' --precision float32 --optimizer adam``
        Autoencoder ×4: 0.78 h, 3,000 steps on 2 cores of an AMD EPYC with AVX2, in float32, shared with
        other work; no GPU; Set5 (luma, shave 4) 30.82 dB / 0.8733, without it 28.43 dB.

    ``python -m training fit edsr --scale 4 --data open_photos --val val_cid22 --exclude 'gb82_dog*'
    'gb82_city*' 'gb82_flowers*' --minutes 115 --validate-every 12 --optimizer adam``
    ``python -m training fit edsr --scale 4 --patch 32 --batch 8 --phases 0.75:48:8 --rate 6e-4 --minutes 55
    --steps-per-epoch 100 --validate-every 10 --data open_photos --val val_cid22 --exclude 'gb82_dog*'
    'gb82_city*' 'gb82_flowers*' --start-from weights/edsr_x4.h5 --run runs/edsr_x4``
    ``python -m training fit edsr --scale 4 --patch 32 --batch 8 --phases 0.7:48:8:mse --rate 7e-4 --seed 5
    --minutes 80 --steps-per-epoch 100 --validate-every 25 --start-from weights/edsr_x4.h5 --run
    runs/edsr_x4 --data open_photos --val val_cid22 --exclude 'gb82_dog*' 'gb82_city*' 'gb82_flowers*'``
    ``python -m training fit edsr --scale 4 --loss mse --patch 48 --batch 8 --rate 2e-4 --seed 7 --minutes
    18 --steps-per-epoch 50 --validate-every 10 --start-from weights/edsr_x4.h5 --run runs/edsr_x4 --data
    open_photos --val val_cid22 --exclude 'gb82_dog*' 'gb82_city*' 'gb82_flowers*'``
    ``python -m training fit edsr --scale 4 --degradation photo --schedule constant --rate 4e-4
    --warmup-steps 100 --patch 32 --batch 16 --steps-per-epoch 100 --start-from weights/edsr_x4.h5 --data
    open_photos --val val_cid22 --exclude 'gb82_dog*' 'gb82_city*' 'gb82_flowers*' --run
    runs/edsr_photo_x4``
    ``python -m training fit --branch runs/edsr_photo_x4 --minutes 9 --data open_photos --val val_cid22
    --exclude 'gb82_dog*' 'gb82_city*' 'gb82_flowers*' --run runs/edsr_photo_x4_release``
        EDSR photo ×4: 1.92 h, 8,000 steps on 2 cores of an AMD EPYC with AVX-512 bfloat16, shared with
        other work; no GPU, then 0.92 h, 5,600 steps on 2 cores of an AMD EPYC with AVX-512 bfloat16, shared
        with other work; no GPU, then 1.34 h, 10,700 steps on 2 cores of an AMD EPYC with AVX-512 bfloat16,
        shared with other work; no GPU, then 0.3 h, 1,600 steps on 2 cores of an AMD EPYC with AVX-512
        bfloat16, shared with other work; no GPU, then 0.96 h, 3,600 steps, then 0.16 h, 800 steps on 2
        cores of an AMD EPYC with AVX-512 bfloat16, shared with other work; no GPU; val_cid22 (luma, shave
        4) 29.75 dB / 0.8662, without it 27.47 dB.

    ``python -m training fit edsr --scale 4 --data open_photos --val val_cid22 --exclude 'gb82_dog*'
    'gb82_city*' 'gb82_flowers*' --minutes 115 --validate-every 12 --optimizer adam``
    ``python -m training fit edsr --scale 4 --patch 32 --batch 8 --phases 0.75:48:8 --rate 6e-4 --minutes 55
    --steps-per-epoch 100 --validate-every 10 --data open_photos --val val_cid22 --exclude 'gb82_dog*'
    'gb82_city*' 'gb82_flowers*' --start-from weights/edsr_x4.h5 --run runs/edsr_x4``
    ``python -m training fit edsr --scale 4 --patch 32 --batch 8 --phases 0.7:48:8:mse --rate 7e-4 --seed 5
    --minutes 80 --steps-per-epoch 100 --validate-every 25 --start-from weights/edsr_x4.h5 --run
    runs/edsr_x4 --data open_photos --val val_cid22 --exclude 'gb82_dog*' 'gb82_city*' 'gb82_flowers*'``
    ``python -m training fit edsr --scale 4 --loss mse --patch 48 --batch 8 --rate 2e-4 --seed 7 --minutes
    18 --steps-per-epoch 50 --validate-every 10 --start-from weights/edsr_x4.h5 --run runs/edsr_x4 --data
    open_photos --val val_cid22 --exclude 'gb82_dog*' 'gb82_city*' 'gb82_flowers*'``
        EDSR ×4: 1.92 h, 8,000 steps on 2 cores of an AMD EPYC with AVX-512 bfloat16, shared with other
        work; no GPU, then 0.92 h, 5,600 steps on 2 cores of an AMD EPYC with AVX-512 bfloat16, shared with
        other work; no GPU, then 1.34 h, 10,700 steps on 2 cores of an AMD EPYC with AVX-512 bfloat16,
        shared with other work; no GPU, then 0.3 h, 1,600 steps on 2 cores of an AMD EPYC with AVX-512
        bfloat16, shared with other work; no GPU; Set5 (luma, shave 4) 31.69 dB / 0.8877, without it 28.43
        dB.
    """
    return Recipe(network=network, scale=scale, score_training=10, **_NETWORKS[network].best)


def study(network: str, scale: int) -> Recipe:
    """What the original study did: MAE, Adam at 1e-4 throughout, its epochs, early stopping on the loss.

    An epoch is as many pixels as the 700 training pictures have. The study's pictures were enlarged before,
    so EDSR undoes that (``enlarged_before`` 2) and works at half their resolution, as at x2. The command is
    ``python -m training fit NETWORK --recipe study --layout kaggle --data DIR``; unchanged, it has not been
    run: the runs below changed what their commands name.

    Notes
    -----
    From the cards, by ``python -m training report --recipes``. Where a network had several runs, each was
    exported to ``weights/`` and its folder removed before the next:

    ``python -m training fit srcnn --xla --scale 4 --patch 12 --batch 16 --steps 3000 --steps-per-epoch 50
    --validate-every 30 --data open_photos --val val_cid22 --exclude 'gb82_dog*' 'gb82_city*'
    'gb82_flowers*' --precision float32 --optimizer adam``
    ``python -m training fit srcnn --scale 4 --patch 16 --batch 8 --phases 0.7:24:16 --rate 1e-3 --minutes 9
    --steps-per-epoch 100 --validate-every 20 --data open_photos --val val_cid22 --exclude 'gb82_dog*'
    'gb82_city*' 'gb82_flowers*' --start-from weights/srcnn_x4.h5 --run runs/srcnn_x4``
    ``python -m training fit srcnn --scale 4 --patch 16 --batch 8 --phases 0.6:16:16:mse 0.85:24:16:mse
    --rate 1e-3 --minutes 7 --steps-per-epoch 100 --validate-every 20 --start-from weights/srcnn_x4.h5 --run
    runs/srcnn_x4 --data open_photos --val val_cid22 --exclude 'gb82_dog*' 'gb82_city*' 'gb82_flowers*'``
    ``python -m training fit srcnn --scale 4 --patch 16 --batch 8 --phases 0.6:16:16:mse 0.85:24:16:mse
    --rate 1e-3 --seed 3 --minutes 12 --steps-per-epoch 100 --validate-every 40 --start-from
    weights/srcnn_x4.h5 --run runs/srcnn_x4 --data open_photos --val val_cid22 --exclude 'gb82_dog*'
    'gb82_city*' 'gb82_flowers*'``
    ``python -m training fit srcnn --scale 4 --patch 16 --batch 8 --phases 0.5:16:16:mse 0.8:24:16:mse
    --rate 1e-3 --seed 4 --minutes 8 --steps-per-epoch 100 --validate-every 60 --start-from
    weights/srcnn_x4.h5 --run runs/srcnn_x4 --data open_photos --val val_cid22 --exclude 'gb82_dog*'
    'gb82_city*' 'gb82_flowers*'``
    ``python -m training fit srcnn --recipe study --layout kaggle --data kaggle_image_super_resolution
    --patch 48 --batch 8 --optimizer muon --final-rate 1e-6 --ema 0.99 --score-training 10 --start-from
    weights/srcnn_x4.h5 --run runs/srcnn_study --minutes 3 --rate 1e-3 --steps-per-epoch 200
    --validate-every 5``
        SRCNN ×1: 0.38 h, 3,000 steps on 2 cores of an AMD EPYC with AVX2, in float32, shared with other
        work; no GPU, then 0.15 h, 7,900 steps on 2 cores of an AMD EPYC with AVX-512 bfloat16, shared with
        other work; no GPU, then 0.12 h, 5,900 steps on 2 cores of an AMD EPYC with AVX-512 bfloat16, shared
        with other work; no GPU, then 0.2 h, 10,000 steps on 2 cores of an AMD EPYC with AVX-512 bfloat16,
        shared with other work; no GPU, then 0.13 h, 6,300 steps on 2 cores of an AMD EPYC with AVX-512
        bfloat16, shared with other work; no GPU, then 0.05 h, 4,600 steps on 2 cores of an AMD EPYC with
        AVX-512 bfloat16, shared with other work; no GPU; kaggle_image_super_resolution test (RGB, shave 0)
        31.83 dB / 0.9196, without it 28.93 dB.

    ``python -m training fit vdsr --scale 4 --patch 12 --batch 8 --steps 700 --steps-per-epoch 25
    --validate-every 28 --data open_photos --val val_cid22 --exclude 'gb82_dog*' 'gb82_city*'
    'gb82_flowers*' --precision float32 --optimizer adam``
    ``python -m training fit vdsr --scale 4 --patch 16 --batch 8 --rate 1e-3 --minutes 9 --steps-per-epoch
    50 --validate-every 100 --start-from weights/vdsr_x4.h5 --run runs/vdsr_x4 --data open_photos --val
    val_cid22 --exclude 'gb82_dog*' 'gb82_city*' 'gb82_flowers*'``
    ``python -m training fit vdsr --scale 4 --patch 16 --batch 8 --rate 1e-3 --minutes 16 --steps-per-epoch
    50 --validate-every 14 --start-from weights/vdsr_x4.h5 --run runs/vdsr_x4 --data open_photos --val
    val_cid22 --exclude 'gb82_dog*' 'gb82_city*' 'gb82_flowers*'``
    ``python -m training fit vdsr --recipe study --layout kaggle --data kaggle_image_super_resolution
    --patch 48 --batch 8 --optimizer muon --final-rate 1e-6 --ema 0.99 --score-training 10 --start-from
    weights/vdsr_x4.h5 --run runs/vdsr_study --minutes 7 --rate 1e-3 --steps-per-epoch 100 --validate-every
    6``
        VDSR ×1: 0.38 h, 700 steps on 2 cores of an AMD EPYC with AVX2, in float32, shared with other work;
        no GPU, then 0.15 h, 1,200 steps on 2 cores of an AMD EPYC with AVX-512 bfloat16, shared with other
        work; no GPU, then 0.27 h, 1,950 steps on 2 cores of an AMD EPYC with AVX-512 bfloat16, shared with
        other work; no GPU, then 0.12 h, 1,400 steps on 2 cores of an AMD EPYC with AVX-512 bfloat16, shared
        with other work; no GPU; kaggle_image_super_resolution test (RGB, shave 0) 32.21 dB / 0.9240,
        without it 28.93 dB.

    ``python -m training fit esrgan --xla --scale 4 --patch 16 --batch 8 --steps 5000 --steps-per-epoch 100
    --validate-every 25 --data open_photos --val val_cid22 --exclude 'gb82_dog*' 'gb82_city*'
    'gb82_flowers*' --precision float32 --run runs/esrgan_x4 --optimizer adam``
    ``python -m training fit esrgan --scale 4 --patch 24 --batch 8 --phases 0.75:32:8 --rate 8e-4 --minutes
    25 --steps-per-epoch 100 --validate-every 15 --start-from weights/rrdb_x4.h5 --run runs/rrdb_x4 --data
    open_photos --val val_cid22 --exclude 'gb82_dog*' 'gb82_city*' 'gb82_flowers*'``
    ``python -m training fit esrgan --recipe study --layout kaggle --data kaggle_image_super_resolution
    --hyperparameters '{"blocks": 3, "channels": 48, "growth": 24}' --patch 48 --batch 8 --minutes 8
    --steps-per-epoch 25 --optimizer muon --rate 8e-4 --final-rate 1e-6 --ema 0.99 --score-training 10
    --start-from weights/rrdb_x4.h5 --validate-every 1000 --run runs/esrgan_study``
    ``python -m training gan --start-from runs/esrgan_study --layout kaggle --data
    kaggle_image_super_resolution --perceptual discriminator --patch 64 --batch 4 --minutes 4
    --steps-per-epoch 20 --validate-every 1000 --run runs/esrgan_gan_study``
        ESRGAN ×1: 0.88 h, 5,000 steps on 2 cores of an AMD EPYC with AVX2, in float32, shared with other
        work; no GPU, then 0.42 h, 4,000 steps on 2 cores of an AMD EPYC with AVX-512 bfloat16, shared with
        other work; no GPU, then 0.14 h, 400 steps, then 0.07 h, 180 steps on 2 cores of an AMD EPYC with
        AVX-512 bfloat16, shared with other work; no GPU; kaggle_image_super_resolution test (RGB, shave 0)
        31.77 dB / 0.9236, without it 28.93 dB.

    ``python -m training fit autoencoder --scale 4 --patch 24 --batch 8 --steps 3000 --steps-per-epoch 50
    --validate-every 30 --data open_photos --val val_cid22 --exclude 'gb82_dog*' 'gb82_city*'
    'gb82_flowers*' --precision float32 --optimizer adam``
    ``python -m training fit autoencoder --recipe study --layout kaggle --data kaggle_image_super_resolution
    --patch 48 --batch 8 --optimizer muon --final-rate 1e-6 --ema 0.99 --score-training 10 --start-from
    weights/autoencoder_x4.h5 --run runs/autoencoder_study --minutes 5 --rate 5e-4 --steps-per-epoch 100
    --validate-every 6 --hyperparameters '{"channels": 64}'``
        Autoencoder ×1: 0.78 h, 3,000 steps on 2 cores of an AMD EPYC with AVX2, in float32, shared with
        other work; no GPU, then 0.09 h, 1,700 steps on 2 cores of an AMD EPYC with AVX-512 bfloat16, shared
        with other work; no GPU; kaggle_image_super_resolution test (RGB, shave 0) 32.27 dB / 0.9265,
        without it 28.93 dB.

    ``python -m training fit edsr --scale 4 --data open_photos --val val_cid22 --exclude 'gb82_dog*'
    'gb82_city*' 'gb82_flowers*' --minutes 115 --validate-every 12 --optimizer adam``
    ``python -m training fit edsr --scale 2 --data open_photos --val val_cid22 --exclude 'gb82_dog*'
    'gb82_city*' 'gb82_flowers*' --start-from weights/edsr_x4.h5 --rate 4e-4 --minutes 26 --validate-every 8
    --precision float32 --run runs/edsr_x2 --optimizer adam``
    ``python -m training fit edsr --scale 2 --patch 32 --batch 8 --phases 0.75:48:8 --rate 5e-4 --minutes 22
    --steps-per-epoch 100 --validate-every 20 --data open_photos --val val_cid22 --exclude 'gb82_dog*'
    'gb82_city*' 'gb82_flowers*' --start-from weights/edsr_x2.h5 --run runs/edsr_x2``
    ``python -m training fit edsr --recipe study --layout kaggle --data kaggle_image_super_resolution
    --patch 48 --batch 8 --phases 0.7:72:8 --minutes 88 --steps-per-epoch 100 --optimizer muon --rate 7e-4
    --final-rate 1e-6 --ema 0.99 --score-training 10 --start-from weights/edsr_x2.h5 --validate-every 20
    --seed 2 --run runs/edsr_study``
        EDSR ×1: 1.92 h, 8,000 steps on 2 cores of an AMD EPYC with AVX-512 bfloat16, shared with other
        work; no GPU, then 0.43 h, 2,200 steps on 2 cores of an Intel Xeon with AVX-512, in float32, shared
        with other work; no GPU, then 0.37 h, 3,700 steps on 2 cores of an AMD EPYC with AVX-512 bfloat16,
        shared with other work; no GPU, then 1.47 h, 17,100 steps on 2 cores of an AMD EPYC with AVX-512
        bfloat16, shared with other work; no GPU; kaggle_image_super_resolution test (RGB, shave 0) 32.85 dB
        / 0.9328, without it 28.93 dB.
    """
    if scale != 1:
        raise OptionError(f"The study restored pictures of the same size: scale 1. Received: {scale}")
    settings = _NETWORKS[network]
    return Recipe(
        network=network,
        scale=1,
        patch=64,
        optimizer="adam",
        rate=1e-4,
        final_rate=1e-4,
        warmup=0.0,
        beta_2=0.999,
        ema=0.0,
        by_detail=False,
        steps=settings.study_epochs * _STUDY_STEPS_PER_EPOCH,
        steps_per_epoch=_STUDY_STEPS_PER_EPOCH,
        validate_every=1,
        patience=3,
        monitor="loss",
        score_training=25,
        **settings.study,
    )


def as_written(network: str, scale: int) -> Recipe:
    """What the original study wrote, to the letter: 700 whole pictures of 256 x 256 px in batches.

    Scale 1, values in [0, 1], MAE, Adam at 1e-4 throughout, its epochs, early stopping on the validation
    loss, from noise, and no augmentation, averaged weights or warm-up. It states neither the size of a batch,
    here 4 pictures, nor those of its networks: SRCNN, VDSR and EDSR (baseline, at full resolution) are the
    papers', ESRGAN is its generator with 3 blocks instead of 23 and no discriminator, as MAE was the loss.
    The command is ``python -m training fit NETWORK --recipe as-written --layout kaggle --data DIR``.
    """
    settings = _NETWORKS[network]
    steps_per_epoch = _STUDY_PICTURES // _STUDY_BATCH
    plain = replace(
        study(network, scale),
        hyperparameters={},
        clip_norm=0.0,
        patch=256,
        batch=_STUDY_BATCH,
        whole_pictures=True,
        from_noise=True,
        steps=settings.study_epochs * steps_per_epoch,
        steps_per_epoch=steps_per_epoch,
    )
    return replace(plain, **settings.as_written)


RECIPES = {"best": best, "study": study, "as-written": as_written}


def recipe(network: str, *, scale: int, name: str = "best") -> Recipe:
    """Return the recipe called `name` for `network` at `scale`.

    Raises
    ------
    OptionError
        There is no such recipe, or it does not do that network or scale.
    """
    if name not in RECIPES:
        raise OptionError(
            f"There is no recipe of that name; choose one of: {', '.join(RECIPES)}. Received: {name!r}"
        )
    if network not in _NETWORKS:
        known = ", ".join(_NETWORKS)
        raise OptionError(
            f"There is no recipe for that network; choose one of: {known}. Received: {network!r}"
        )
    return RECIPES[name](network, scale)
