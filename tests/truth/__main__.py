"""`make prove PART=truth`: 1,000 shops with a planted truth, and 2,000 without an effect.

    python -m tests.truth [--shops 1000] [--without 2000] [--seed 20261122]

Each shop is looked at daily for five weeks by a merchant who stops at the first verdict. Exits 1
where a bar is missed: the interval read holds the truth in less than 93 %, more than 5.5 % of the
shops without an effect are called helping or hurting, or the ordinary test, read daily, is wrong
in less than 20 % of them (then the harness could not fail).
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor

import numpy as np

from tests.truth.looking import Read, read
from tests.truth.world import Truth, make

SEED = 20261122
UPLIFTS = (0.0, 0.05, 0.20, -0.10)
LEAST_COVERED = 0.93
MOST_ALARMS = 0.055
LEAST_NAIVE = 0.20
WORDS = ("helping", "hurting", "not_proven", "too_early", "lopsided")


def truths(count: int, seed: int, uplifts: Sequence[float]) -> list[Truth]:
    """Shops of different sizes and rates, deciding by turns by conversion rate and by revenue."""
    dice = np.random.default_rng(seed)
    return [
        Truth(
            seed=int(dice.integers(2**62)),
            uplift=uplifts[i % len(uplifts)],
            metric="cvr" if i // len(uplifts) % 2 == 0 else "rpv",
            per_day=int(dice.integers(90, 160)),
            rate=float(dice.uniform(0.11, 0.20)),
        )
        for i in range(count)
    ]


def one(truth: Truth) -> tuple[Truth, Read]:
    return truth, read(make(truth))


def table(found: Iterable[tuple[Truth, Read]]) -> tuple[str, dict[str, float]]:
    """The table, and the figures that have a bar."""
    every = list(found)
    lines = [
        "| true effect | shops | " + " | ".join(word.replace("_", " ") for word in WORDS)
        + " | interval holds the truth | at the locked end |",
        "|---" * (len(WORDS) + 4) + "|",
    ]  # fmt: skip
    for uplift in sorted({truth.uplift for truth, _ in every}):
        mine = [read for truth, read in every if truth.uplift == uplift]
        said = Counter(read.said for read in mine)
        cells = [f"{said[word] / len(mine):.3f}" for word in WORDS]
        held, ended = (
            _share(getattr(r, name) for r in mine) for name in ("covers", "covers_at_end")
        )
        lines.append(
            f"| {uplift:+.0%} | {len(mine):,} | {' | '.join(cells)} | {held:.3f} | {ended:.3f} |"
        )
    none = [read for truth, read in every if truth.uplift == 0.0]
    figures = {
        "covered": _share(read.covers for _, read in every),
        "covered at the locked end": _share(read.covers_at_end for _, read in every),
        "alarms": sum(read.said in ("helping", "hurting") for read in none) / max(1, len(none)),
        "naive": sum(read.naive for read in none) / max(1, len(none)),
        "data problem": sum(read.said == "lopsided" for _, read in every) / len(every),
    }
    return "\n".join(lines), figures


def _share(held: Iterable[bool | None]) -> float:
    told = [one for one in held if one is not None]
    return sum(told) / len(told) if told else 1.0


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--shops", type=int, default=1_000)
    parser.add_argument("--without", type=int, default=2_000, help="shops without an effect")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args()
    with ProcessPoolExecutor(asked.processes) as pool:
        planted = list(pool.map(one, truths(asked.shops, asked.seed, UPLIFTS), chunksize=10))
        empty = list(pool.map(one, truths(asked.without, asked.seed + 1, (0.0,)), chunksize=10))
    text, figures = table(planted)
    print(f"{asked.shops:,} shops with a planted effect, seed {asked.seed}\n\n{text}\n")  # noqa: T201
    text, alarms = table(empty)
    print(f"{asked.without:,} shops without any, seed {asked.seed + 1}\n\n{text}\n")  # noqa: T201
    print(  # noqa: T201
        f"the interval read holds the truth: {figures['covered']:.3f} (at least {LEAST_COVERED})\n"
        f"at the locked end: {figures['covered at the locked end']:.3f}\n"
        f"false alarms without effect: {alarms['alarms']:.4f} (at most {MOST_ALARMS})\n"
        f"called a data problem, of all: {alarms['data problem']:.4f}\n"
        f"an ordinary test, read daily: {alarms['naive']:.3f} (at least {LEAST_NAIVE})"
    )
    missed = (
        figures["covered"] < LEAST_COVERED
        or alarms["alarms"] > MOST_ALARMS
        or alarms["naive"] < LEAST_NAIVE
    )
    print("a bar is missed" if missed else "every bar is met")  # noqa: T201
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
