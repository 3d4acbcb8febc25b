"""How long candidates will take, before they begin."""

from collections.abc import Iterable, Mapping

from service.network_pool import NetworkPool
from sr_core import WeightsCard
from ui.comparing.comparison import Candidate, Comparison

ENSEMBLE_PASSES = 8


def expected_seconds(
    candidates: Iterable[Candidate],
    comparison: Comparison,
    networks: NetworkPool,
    cards: Mapping[str, WeightsCard],
) -> float | None:
    """Return about how many seconds candidates take in all; None where nothing is known to tell by.

    A network that has enlarged the picture, with or without self-ensemble, is known best; then one that is
    loaded; for any other, the time of a loaded one is scaled by the multiplications that their cards name.
    """
    total = 0.0
    for candidate in candidates:
        seconds = _seconds(candidate, comparison, networks, cards)
        if seconds is None:
            return None
        total += seconds
    return total


def _seconds(
    candidate: Candidate, comparison: Comparison, networks: NetworkPool, cards: Mapping[str, WeightsCard]
) -> float | None:
    passes = ENSEMBLE_PASSES if candidate.self_ensemble else 1
    for ensemble, share in ((False, passes), (True, passes / ENSEMBLE_PASSES)):
        taken = comparison.seconds_of(Candidate(candidate.method, ensemble))
        if taken is not None:
            return taken * share
    facts, wanted = comparison.facts, candidate.method.name
    if facts is None:
        return None
    loaded = networks.loaded()
    # The network itself first.
    for name in sorted(loaded, key=lambda name: name != wanted):
        share = cards[wanted].multiply_adds / loaded[name].card.multiply_adds
        return loaded[name].estimate(facts.small_height, facts.small_width).seconds * share * passes
    return None
