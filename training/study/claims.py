"""The scores that the original study claims."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Claim:
    """The scores that the original study claims for a network on its own pictures, without a protocol.

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

    def compare(self, psnr: float, ssim: float) -> str:
        """Return the claim, and whether the measured scores reach each half of it."""
        ssim_verdict = "reached" if ssim >= self.ssim else "not reached"
        return f"{self.least:g}-{self.most:g} dB: {self.verdict(psnr)}; SSIM {self.ssim:.2f}: {ssim_verdict}"


CLAIMS: Mapping[str, Claim] = {
    "SRCNN": Claim(30, 32, 0.85),
    "VDSR": Claim(32, 34, 0.88),
    "ESRGAN": Claim(28, 30, 0.90),
    "Autoencoder": Claim(28, 31, 0.86),
    "EDSR": Claim(34, 36, 0.92),
}
"""By the titles of the networks."""

# For comparison: a strong network that is given more than the study's networks.
STUDY_AIM = (
    "A strong published ×2 network that is given the true pictures of half the size reaches 33.4 dB / 0.946 "
    "in RGB on the study's 25 test pictures; the study's networks see them enlarged again."
)
