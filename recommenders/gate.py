"""May a model go live on a placement?

Only if it beats the shop's bestseller list on the shop's own most recent weeks, beyond what chance
explains, and, where a customer is asked about, is not beaten by what that customer bought before.
Everything else is refused, or honestly called unproven; what then happens (the owner's choice, by
default the simple answer) is the scheduler's to do.
"""

from __future__ import annotations

from dataclasses import dataclass

from recommenders.measure import BESTSELLERS, OWN, SHELF, Trial
from store.records import Placement

# Under this many questions a bootstrap interval is too narrow to be believed (it cannot see the
# shoppers who were not drawn), so nothing is promoted or refused.
ENOUGH_QUESTIONS = 50


@dataclass(frozen=True)
class _Decision:
    """NDCG@10 of the shelf and of bestsellers, and the 95 % interval of the difference."""

    placement: Placement
    score: float
    bestsellers: float
    gain: float
    low: float
    high: float
    questions: int
    why: str


@dataclass(frozen=True)
class Promoted(_Decision):
    """Better than bestsellers: may go live."""


@dataclass(frozen=True)
class Refused(_Decision):
    """Worse than bestsellers: must not go live."""


@dataclass(frozen=True)
class Unproven(_Decision):
    """Too close or too few questions to tell."""


Decision = Promoted | Refused | Unproven


def gate(trial: Trial) -> Decision:
    """Judge one placement's backtest by the interval of its gain over bestsellers."""
    gain, low, high = trial.gain.value, trial.gain.low or 0.0, trial.gain.high or 0.0
    score, bestsellers = trial.value(SHELF), trial.value(BESTSELLERS)
    interval = f"95 % interval {low:+.3f} to {high:+.3f}"
    side = f"{abs(gain):.3f} {'above' if gain >= 0 else 'below'} bestsellers"
    measured = f"{trial.placement} scores {score:.3f}, {side} ({interval})"
    own = trial.over(OWN)
    kind: type[Decision]
    if trial.leaks:
        kind = Refused
        why = (
            f"Refused: {', '.join(sorted(trial.leaks))} of {trial.placement} tell of orders from "
            "the weeks they are judged by. The future leaked into this model: its figures say "
            "nothing."
        )
    elif trial.queries < ENOUGH_QUESTIONS:
        kind = Unproven
        why = (
            f"Unproven: only {trial.queries} questions to judge {trial.placement} by; "
            f"it takes {ENOUGH_QUESTIONS}."
        )
    elif own is not None and own.high is not None and own.high < 0:
        kind = Refused
        why = (
            f"Refused: {trial.placement} scores {score:.3f}, {-own.value:.3f} below what each "
            f"customer's own purchases foretell (95 % interval {own.low or 0.0:+.3f} to "
            f"{own.high:+.3f})."
        )
    elif low > 0:
        kind, why = Promoted, f"Promoted: {measured}."
    elif high < 0:
        kind, why = Refused, f"Refused: {measured}."
    else:
        kind, why = Unproven, f"Unproven: {measured}, too close to tell."
    return kind(trial.placement, score, bestsellers, gain, low, high, trial.queries, why)
