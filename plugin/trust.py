"""Can the figures be trusted? Each sign of a report's data health in words, with its mend.

What is a fault is decided in `experiments.health`; here it is only said, for the page, the command
and the letter alike.
"""

from __future__ import annotations

from dataclasses import dataclass

from experiments.health import DataHealth, Doubt
from experiments.report import Report
from plugin.numbers import Numbers


@dataclass(frozen=True, slots=True)
class Sign:
    title: str
    text: str
    bad: bool = False


def signs(report: Report, say: Numbers) -> list[Sign]:
    """Faults first, then what is as it should be."""
    found = [
        _split(report, say),
        *_lost(report, say),
        _past(report.health, say),
        *_chances(report.health, say),
        _orphans(report.health, say),
        _doubled(report.health, say),
        _blocked(report.health, say),
        _crossed(report.health, say),
        *_consent(report.health, say),
        *_clock(report.health),
        *_robots(report.health, say),
    ]
    return sorted(found, key=lambda sign: not sign.bad)


def fault(doubt: Doubt) -> str:
    """A doubt in a few words, for lists."""
    return _FAULTS[doubt]


_FAULTS: dict[Doubt, str] = {
    "uneven_split": "the groups are not as large as they were dealt",
    "lost_exposures": "one group's first sight of the shelf is not always told of",
    "unequal_past": "the groups were different before the test",
    "unequal_chances": "one group's pages have something to show more often",
    "crossovers": "many visitors saw both groups' pages",
    "orders_without_visitor": "many orders name no visitor",
    "doubled_orders": "many orders look doubled",
    "blocked_beacons": "many browsers tell of nothing",
    "clock_skew": "this server's clock is off",
}


def _split(report: Report, say: Numbers) -> Sign:
    split = report.split
    return _either(
        report.health,
        "uneven_split",
        "Split",
        f"{say.count(split.treatment)} visitors with the shelf, {say.count(split.control)} "
        f"without; {say.percent(split.expected_share, 0)} with it was planned.",
        bad="That is not chance. Look for a page that is cached together with its shelf, a robot, "
        "or a theme that shows the shelf to one group only.",
        good="No sign of a fault.",
    )


def _lost(report: Report, say: Numbers) -> list[Sign]:
    health = report.health
    if "lost_exposures" not in health.doubts:
        return []
    lost = health.lost_treatment if health.lossy_arm == "treatment" else health.lost_control
    which = "with the shelf" if health.lossy_arm == "treatment" else "without it"
    return [
        Sign(
            "Lost beacons",
            f"{say.count(lost)} visitors of the group {which} told of the shelf, but never of "
            f"first being shown it, so they are missing from the test. Something drops that one "
            f"message: a script that runs before ours, a page that reloads at once, or a rule of "
            f"a blocker.",
            bad=True,
        )
    ]


def _past(health: DataHealth, say: Numbers) -> Sign:
    return _either(
        health,
        "unequal_past",
        "Before the test",
        f"{say.percent(health.returning_treatment)} of the visitors with the shelf had bought in "
        f"the 90 days before, and {say.percent(health.returning_control)} of the others.",
        bad="The groups were different before they saw anything, so the shelf is not what tells "
        "them apart. Something other than chance deals the visitors.",
        good="The groups were alike before the test.",
    )


def _chances(health: DataHealth, say: Numbers) -> list[Sign]:
    if health.eligible_control is None or health.eligible_treatment is None:
        return []
    bad = "unequal_chances" in health.doubts
    text = (
        f"for {say.percent(health.eligible_treatment, 1)} of the visitors with the shelf, and for "
        f"{say.percent(health.eligible_control, 1)} of the others. "
    )
    text += (
        "Both groups are asked the same question, so this must be equal. Something answers the "
        "groups differently: look for a cache in front of /v1/, or pages that only one group gets."
        if bad
        else "Only they are in the test."
    )
    return [Sign("Something to show", text, bad)]


def _orphans(health: DataHealth, say: Numbers) -> Sign:
    return _either(
        health,
        "orders_without_visitor",
        "Orders without a visitor",
        f"{say.percent(health.orphan_share, 1)} ({say.count(health.orders_without_visitor)} of "
        f"{say.count(health.orders)}).",
        bad="That is much: the test misses these sales. The checkout may not carry the visitor id, "
        "or many shoppers refuse it; docs/install-woocommerce.md tells how to check.",
        good="Some are normal: shoppers who agree to nothing are in no test.",
    )


def _doubled(health: DataHealth, say: Numbers) -> Sign:
    return _either(
        health,
        "doubled_orders",
        "Orders that look doubled",
        f"{say.count(health.doubled_orders)} of {say.count(health.orders)}.",
        bad="The same person ordered the same again within minutes, too often for chance: a "
        "checkout that sends twice, or a thank-you page that orders when it is loaded again. Mend "
        "the shop, and cancel the doubles there; they then count as nothing here.",
        good="The same order told twice counts once.",
    )


def _blocked(health: DataHealth, say: Numbers) -> Sign:
    return _either(
        health,
        "blocked_beacons",
        "Blocked browsers",
        f"about {say.percent(health.blocked_share, 1)} of the orders that name a visitor.",
        bad="Of these shoppers no browser told us anything: a blocker, a firewall or a content "
        "policy stops the messages to this server. They are missing from both groups.",
        good="They are missing from both groups alike.",
    )


def _crossed(health: DataHealth, say: Numbers) -> Sign:
    return _either(
        health,
        "crossovers",
        "Visitors who saw both",
        f"{say.percent(health.crossed_share, 1)}.",
        bad="That is more than usual, and makes the difference look smaller than it is.",
        good="People with two devices; they count where they began.",
    )


def _either(
    health: DataHealth, doubt: Doubt, title: str, found: str, *, bad: str, good: str
) -> Sign:
    """What was found, and what it means where it is a fault or is none."""
    at_fault = doubt in health.doubts
    return Sign(title, f"{found} {bad if at_fault else good}", at_fault)


def _consent(health: DataHealth, say: Numbers) -> list[Sign]:
    if health.consent_share is None:
        return []
    text = (
        f"of {say.percent(health.consent_share, 0)} of the product pages that browsers told of. "
        "Only visitors who agree are in a test; what it finds holds for them."
    )
    return [Sign("Full consent", text)]


def _clock(health: DataHealth) -> list[Sign]:
    ahead = health.clock_ahead_s
    if ahead is None or "clock_skew" not in health.doubts:
        return []
    which = "behind" if ahead > 0 else "ahead of"
    return [
        Sign(
            "Clock",
            f"This server's clock is about {abs(ahead) / 60:.0f} minutes {which} that of most "
            "shoppers. Set it by NTP; until then windows are off by as much.",
            bad=True,
        )
    ]


def _robots(health: DataHealth, say: Numbers) -> list[Sign]:
    if not health.robots:
        return []
    many = say.count(health.robots)
    text = f"{many} visitors opened pages faster than people do, and count in no figure."
    return [Sign("Robots left out", text)]
