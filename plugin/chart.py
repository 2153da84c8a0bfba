"""Where do the lines of a chart lie? Geometry only; `templates/chart_*.svg` draws it.

Charts are drawn on the server: they print, need no script, and say their content in words
(`<title>`, `<desc>`) beside a table of the same figures.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from experiments.outcome import Difference, Interval
from plugin import words
from plugin.numbers import Numbers

# Units of the drawing. 440 wide keeps 13-unit letters legible on a phone of 390 px.
WIDTH, MARGIN = 440.0, 16.0
ROW, HEAD, FOOT = 46.0, 6.0, 30.0
HISTORY = 200.0


@dataclass(frozen=True, slots=True)
class Tick:
    at: float
    label: str
    zero: bool


@dataclass(frozen=True, slots=True)
class Bar:
    label: str
    words: str
    y: float
    low: float
    high: float
    middle: float
    open_end: bool  # no upper end: the bar leaves the picture
    sure: bool  # leaves out "no difference"


@dataclass(frozen=True, slots=True)
class Lifts:
    """One bar per metric: how much more than control, and between which ends."""

    bars: Sequence[Bar]
    ticks: Sequence[Tick]
    height: float
    description: str


def lifts(differences: Sequence[Difference], say: Numbers) -> Lifts | None:
    """None where no interval can be said."""
    shown = [
        (found, found.lift, found.lift_interval)
        for found in differences
        if found.lift is not None and found.lift_interval is not None
    ]
    if not shown:
        return None
    ends = [0.0]
    for _, lift, interval in shown:
        ends += [lift, interval.low, lift if interval.high is None else interval.high]
    low, high = _padded(min(ends), max(ends))

    def x(value: float) -> float:
        share = (value - low) / (high - low)
        return MARGIN + (WIDTH - 2 * MARGIN) * min(max(share, 0.0), 1.0)

    bars = []
    for i, (found, lift, interval) in enumerate(shown):
        top = "or more" if interval.high is None else f"to {say.change(interval.high)}"
        bars.append(
            Bar(
                label=words.METRIC[found.metric],
                words=f"{say.change(lift)} ({say.change(interval.low)} {top})",
                y=HEAD + ROW * i + 32,
                low=x(interval.low),
                high=x(high if interval.high is None else interval.high),
                middle=x(lift),
                open_end=interval.high is None,
                sure=not interval.holds(0.0),
            )
        )
    ticks = [Tick(x(at), say.change(at, 0), at == 0) for at in _ticks(low, high)]
    said = "; ".join(f"{bar.label}: {bar.words}" for bar in bars)
    return Lifts(bars, ticks, HEAD + ROW * len(bars) + FOOT, f"{said}.")


@dataclass(frozen=True, slots=True)
class History:
    """The interval of the primary metric after each day, as a band that narrows."""

    band: str  # points of a polygon
    ticks: Sequence[Tick]
    zero: float
    first: str
    last: str
    height: float
    description: str


def history(days: Sequence[tuple[str, Interval | None]], say: Numbers) -> History | None:
    """None before there are two days with something to draw."""
    told = [(day, found) for day, found in days if found is not None]
    if len(told) < 2:
        return None
    last = told[-1][1]
    # Early intervals are huge; the picture is scaled to the last one and cuts them off.
    reach = 3 * max(abs(last.low), abs(last.high if last.high is not None else last.low), 0.03)
    low, high = -min(reach, 1.0), reach
    top, bottom = 12.0, HISTORY - FOOT

    def y(value: float | None) -> float:
        share = 1.0 if value is None else (value - low) / (high - low)
        return bottom - (bottom - top) * min(max(share, 0.0), 1.0)

    left = 3 * MARGIN
    step = (WIDTH - MARGIN - left) / (len(told) - 1)
    upper = [(left + step * i, y(found.high)) for i, (_, found) in enumerate(told)]
    lower = [(left + step * i, y(found.low)) for i, (_, found) in enumerate(told)]
    band = " ".join(f"{px:.1f},{py:.1f}" for px, py in [*upper, *reversed(lower)])
    ticks = [Tick(y(at), say.change(at, 0), at == 0) for at in _ticks(low, high)]
    end = "or more" if last.high is None else f"to {say.change(last.high)}"
    return History(
        band, ticks, y(0.0), say.day(told[0][0]), say.day(told[-1][0]), HISTORY,
        f"From {say.day(told[0][0])} to {say.day(told[-1][0])} the range narrowed to "
        f"{say.change(last.low)} {end}.",
    )  # fmt: skip


def _padded(low: float, high: float) -> tuple[float, float]:
    room = max((high - low) * 0.06, 0.005)
    return low - room, high + room


def _ticks(low: float, high: float) -> list[float]:
    """Three to six round values from low to high, 0 among them where it lies inside."""
    rough = (high - low) / 4
    size = 10 ** math.floor(math.log10(rough))
    step = next(size * n for n in (1, 2, 5, 10) if size * n >= rough)
    step = max(step, 0.01)  # labels are whole per cents
    return [n * step for n in range(math.ceil(low / step), math.floor(high / step) + 1)]
