"""What others say: the original study's claims, and the numbers that papers publish."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Claim:
    """What the original study claims of a network on its own pictures; it does not state a protocol.

    Attributes
    ----------
    least, most : float
        PSNR in dB.
    ssim : float
    """

    least: float
    most: float
    ssim: float

    def verdict(self, psnr: float) -> str:
        """Return how a measured PSNR compares with the claimed range."""
        if psnr < self.least:
            return "not reached"
        return "reached" if psnr <= self.most else "exceeded"

    def judge(self, psnr: float, ssim: float) -> str:
        """Return the claim, and whether what was measured reaches each half of it."""
        ssim_verdict = "reached" if ssim >= self.ssim else "not reached"
        return f"{self.least:g}-{self.most:g} dB: {self.verdict(psnr)}; SSIM {self.ssim:.2f}: {ssim_verdict}"


CLAIMS: Mapping[str, Claim] = {
    "srcnn": Claim(30, 32, 0.85),
    "vdsr": Claim(32, 34, 0.88),
    "esrgan": Claim(28, 30, 0.90),
    "autoencoder": Claim(28, 31, 0.86),
    "edsr": Claim(34, 36, 0.92),
}


@dataclass(frozen=True, slots=True)
class Published:
    """A paper's result on Set5: luma, shave = scale.

    Attributes
    ----------
    psnr : float
        dB.
    ssim : float or None
    what : str
        The network it was measured with, and where it stands.
    """

    psnr: float
    ssim: float | None
    what: str

    def __str__(self) -> str:
        return f"{self.psnr:.2f}" + ("" if self.ssim is None else f" / {self.ssim:.4f}")


SET5: Mapping[tuple[str, int], Published] = {
    ("srcnn", 2): Published(36.66, 0.9542, "SRCNN 9-5-5 (Dong et al. 2016)"),
    ("srcnn", 4): Published(30.48, 0.8628, "SRCNN 9-5-5 (Dong et al. 2016)"),
    ("vdsr", 2): Published(37.53, 0.9587, "VDSR (Kim et al. 2016)"),
    ("vdsr", 4): Published(31.35, 0.8838, "VDSR (Kim et al. 2016)"),
    ("esrgan", 4): Published(32.73, 0.9011, "RRDB of 23 blocks, trained for PSNR (Wang et al. 2018)"),
    ("edsr", 2): Published(37.98, 0.9604, "EDSR-baseline (Lim et al. 2017)"),
    ("edsr", 3): Published(34.37, 0.9270, "EDSR-baseline (Lim et al. 2017)"),
    ("edsr", 4): Published(32.09, 0.8936, "EDSR-baseline (Lim et al. 2017)"),
}

# Networks trained against a discriminator give up PSNR for sharpness.
SET5_ADVERSARIAL: Mapping[tuple[str, int], Published] = {
    ("esrgan", 4): Published(30.33, None, "ESRGAN of 23 blocks, adversarial, about (measured by others)"),
}

# On the study's 25 test pictures: what a strong network reaches that is given more than the study's networks.
STUDY_AIM = (
    "A strong published ×2 network that is given the true pictures of half the size reaches 33.4 dB / 0.946 "
    "in RGB on the study's 25 test pictures; the study's networks see them enlarged again."
)
