"""Collapse detection: stops an adversarial run that cannot recover, and warns before."""

from collections.abc import Mapping
from dataclasses import dataclass

from sr_core.errors import SuperResError
from training.fit.recipe import GanRecipe
from training.fit.run_folder import Progress

# D(real) - D(fake) from which on the discriminator counts as never wrong.
_WON_SEPARATION = 0.99
# Share of `max_drop` from which on a drop in PSNR is a warning.
_WARNED_SHARE = 2 / 3


class CollapseError(SuperResError):
    """An adversarial run collapsed; the weights of its last good validation are kept."""


@dataclass
class GanState(Progress):
    """The state of an adversarial run that a resume needs besides the variables."""

    first_psnr: float | None = None  # dB, of the first weights
    validations_won: int = 0  # in a row, by the discriminator
    kept_steps: int = 0  # of the weights that are kept


def check_validation(recipe: GanRecipe, row: Mapping[str, float], state: GanState) -> list[str]:
    """Check a validated row of the history, and count the discriminator's wins in `state`.

    Parameters
    ----------
    recipe : GanRecipe
    row : mapping
        With ``d_real``, ``d_fake``, ``adversarial`` and ``val_psnr``.
    state : GanState
        With the ``first_psnr``.

    Returns
    -------
    list of str
        Warnings, each a sentence.

    Raises
    ------
    CollapseError
        The discriminator has won ``won_validations`` in a row, or PSNR fell by more than ``max_drop``.
    """
    warnings = []
    separation, adversarial = row["d_real"] - row["d_fake"], row["adversarial"]
    won = separation >= _WON_SEPARATION and adversarial > recipe.won_loss
    state.validations_won = state.validations_won + 1 if won else 0
    if won:
        what = (
            f"the discriminator is never wrong at {state.validations_won} validations in a row "
            f"(D(real) {row['d_real']:.3f}, D(fake) {row['d_fake']:.3f}, adversarial loss {adversarial:.1f} "
            "where 0.7 is a draw)"
        )
        if state.validations_won >= recipe.won_validations:
            advice = "fewer --discriminator-channels, a lower --rate or a larger --batch"
            raise collapse(what, advice, state)
        warnings.append(f"{what}; the run ends at {recipe.won_validations}")
    assert state.first_psnr is not None
    drop = state.first_psnr - row["val_psnr"]
    what = (
        f"the validation PSNR fell by {drop:.2f} dB, from {state.first_psnr:.2f} to {row['val_psnr']:.2f} dB"
    )
    if drop > recipe.max_drop:
        advice = "a lower --rate or --adversarial-weight, a higher --pixel-weight or a higher --max-drop"
        raise collapse(what, advice, state)
    if drop > _WARNED_SHARE * recipe.max_drop:
        warnings.append(f"{what}; the run ends at {recipe.max_drop:g} dB")
    return warnings


def collapse(what: str, advice: str, state: GanState) -> CollapseError:
    """Return the error that ends a run: what happened, what to do, and which weights are kept."""
    kept = (
        f"the weights of step {state.kept_steps:,} are kept and can be exported"
        if state.kept_steps
        else "there was no good validation before, so there are no weights to export"
    )
    return CollapseError(
        f"The adversarial training collapsed: {what}; start again in another --run with {advice}; {kept}."
    )
