"""What an adversarial training run does, as data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sr_core.errors import OptionError


@dataclass(frozen=True, kw_only=True)
class GanRecipe:
    """Everything that decides the numbers of the second stage of ESRGAN, except pictures and first weights.

    "Paper" is Wang et al. 2018 (https://arxiv.org/abs/1809.00219) with its authors' code; at full size it has
    ``discriminator_channels=64, batch=16, steps=400_000, ema=0``, an HR patch of 128 px and a generator of 23
    blocks. Where a default is another one, CPU hours are the reason, unless one is given.

    Attributes
    ----------
    network : str
        A key of `sr_core.networks.NETWORKS`: that of the first weights.
    scale : int
        Enlargement, that of the first weights.
    hyperparameters : mapping
        For the generator's builder, those of the first weights.
    perceptual : {"vgg", "discriminator"}
        What tells how alike two pictures look: VGG19's features (paper), or those of the discriminator's five
        stages (feature matching, as in Salimans et al. 2016, https://arxiv.org/abs/1606.03498).
    perceptual_weight, adversarial_weight, pixel_weight : float
        Factors on the three losses: 1, 5e-3 and 1e-2 (paper; lambda and eta there).
    discriminator_channels : int
        Feature channels of the discriminator's first stage (paper: 64).
    patch : int
        Side of an LR patch in LR px; times the scale it must be a multiple of 32 (paper: 32 at x4).
    batch : int
        Patches a step (paper: 16).
    rate : float
        Learning rate of both Adams (paper: 1e-4).
    halvings : sequence of float
        Shares of the run after which the rate is halved (paper: after 50, 100, 200 and 300 of 400 thousand).
    beta_2 : float
        Adam's second moment (paper: 0.99 in the code).
    ema : float
        Momentum of the moving average of the generator that is validated and exported; 0 takes the weights
        as they are (paper). The average evens out the last steps, in which two networks chase each other.
    by_detail : bool
        Draw patches by their gradient energy (see `training.data.patches.PatchDataset`; paper: evenly).
    steps : int
        Length of the run in steps, when it is not given in minutes (paper: 400,000).
    steps_per_epoch : int
        Steps between two checkpoints.
    validate_every : int
        Epochs between two validations.
    max_drop : float
        dB that the validation PSNR may fall below that of the first weights; ours. The paper's own network
        gives up about 2.4 dB on Set5.
    won_loss : float
        Adversarial loss above which the discriminator counts as having won; ours. It is 0.69 at a draw.
    won_validations : int
        Validations in a row after which a discriminator that has won ends the run; ours.
    monitor : {"last"}
        Which weights are exported: those of the last validation, since the best PSNR is the least
        adversarial one.
    precision : {"mixed_bfloat16", "float32"}
        Keras dtype policy while training; weights and losses are float32 either way.
    seed : int
        Seed of the discriminator's first weights, of patches and augmentation.
    """

    network: str
    scale: int
    hyperparameters: Mapping[str, Any] = field(default_factory=dict)
    perceptual: Literal["vgg", "discriminator"] = "vgg"
    perceptual_weight: float = 1.0
    adversarial_weight: float = 5e-3
    pixel_weight: float = 1e-2
    discriminator_channels: int = 32
    patch: int = 32
    batch: int = 8
    rate: float = 1e-4
    halvings: tuple[float, ...] = (0.125, 0.25, 0.5, 0.75)
    beta_2: float = 0.99
    ema: float = 0.99
    by_detail: bool = True
    steps: int = 10_000
    steps_per_epoch: int = 100
    validate_every: int = 5
    max_drop: float = 6.0
    won_loss: float = 15.0
    won_validations: int = 5
    monitor: Literal["last"] = "last"
    precision: Literal["mixed_bfloat16", "float32"] = "mixed_bfloat16"
    seed: int = 1

    def __post_init__(self):
        positive = ("patch", "batch", "steps", "steps_per_epoch", "validate_every", "rate", "max_drop")
        for name in (*positive, "discriminator_channels", "won_validations"):
            if getattr(self, name) <= 0:
                raise OptionError(f"{name} must be above 0. Received: {getattr(self, name)!r}")
        for name in ("perceptual_weight", "adversarial_weight", "pixel_weight"):
            if getattr(self, name) < 0:
                raise OptionError(f"{name} must be 0 or more. Received: {getattr(self, name)!r}")
        if not 0 <= self.ema < 1:
            raise OptionError(f"ema must be in [0, 1). Received: {self.ema!r}")

    @property
    def size(self) -> int:
        """Side of an HR patch, in HR px."""
        return self.patch * self.scale

    def rate_at(self, progress: float) -> float:
        """Return the learning rate when the share `progress` in [0, 1] of the run is done."""
        return self.rate * 0.5 ** sum(progress >= share for share in self.halvings)


def gan(network: str, scale: int, hyperparameters: Mapping[str, Any]) -> GanRecipe:
    """The second stage of ESRGAN, at a size that a CPU can train.

    The first is ``python -m training fit esrgan --scale 4 --data PHOTOS --val OTHER_PHOTOS --minutes N``;
    then ``python -m training gan --start-from runs/esrgan_x4 --vgg FILE --data PHOTOS --val OTHER_PHOTOS``
    and, for the middle way of the paper's section 3.4, ``python -m training interpolate``. HR patches are
    128 px, as in the paper, but 96 at x3.

    Notes
    -----
    From the cards, by ``python -m training report --recipes``. Where a network had several runs, each was
    exported to ``weights/`` and its folder removed before the next:

    ``python -m training fit esrgan --xla --scale 4 --patch 16 --batch 8 --steps 5000 --steps-per-epoch 100
    --validate-every 25 --data open_photos --val val_cid22 --exclude 'gb82_dog*' 'gb82_city*'
    'gb82_flowers*' --precision float32 --run runs/esrgan_x4 --optimizer adam``
    ``python -m training fit esrgan --scale 4 --patch 24 --batch 8 --phases 0.75:32:8 --rate 8e-4 --minutes
    25 --steps-per-epoch 100 --validate-every 15 --start-from weights/rrdb_x4.h5 --run runs/rrdb_x4 --data
    open_photos --val val_cid22 --exclude 'gb82_dog*' 'gb82_city*' 'gb82_flowers*'``
    ``python -m training gan --start-from weights/rrdb_x4.h5 --perceptual discriminator --patch 24 --batch 8
    --steps 320 --steps-per-epoch 40 --validate-every 4 --data open_photos --val val_cid22 --exclude
    'gb82_dog*' 'gb82_city*' 'gb82_flowers*' --run runs/esrgan_gan_x4``
        ESRGAN ×4: 0.88 h, 5,000 steps on 2 cores of an AMD EPYC with AVX2, in float32, shared with other
        work; no GPU, then 0.42 h, 4,000 steps on 2 cores of an AMD EPYC with AVX-512 bfloat16, shared with
        other work; no GPU, then 0.08 h, 320 steps on 2 cores of an AMD EPYC with AVX-512 bfloat16, shared
        with other work; no GPU; Set5 (luma, shave 4) 30.92 dB / 0.8829, without it 28.43 dB.
    """
    patch = {1: 128, 2: 64}.get(scale, 32)
    return GanRecipe(network=network, scale=scale, hyperparameters=hyperparameters, patch=patch)
