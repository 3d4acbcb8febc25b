"""Published scores."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Published:
    """A paper's result on Set5: luma, shave = scale.

    Attributes
    ----------
    psnr : float
        dB.
    ssim : float or None
    what : str
        The network, and its source.
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
