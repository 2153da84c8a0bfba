"""What does a browser call itself? Two things only: a robot that says so, and phone or computer.

Robots that name themselves tell of nothing: the rule looks at the name alone, so it cannot see
which arm of a test they are in. (Those that hide are found by their pace, when tests are counted.)
The name itself is never stored.
"""

from __future__ import annotations

import re

_ROBOT = re.compile(r"bot\b|bot/|crawl|spider|slurp|facebookexternalhit|pingdom|uptime", re.I)
# The one word by which browsers on phones call themselves, as MDN advises to look for.
_PHONE = "Mobi"


def is_robot(agent: str) -> bool:
    return _ROBOT.search(agent) is not None


def device(agent: str) -> str:
    """ "phone", "computer" (tablets among them), or "" where nothing was said."""
    if not agent:
        return ""
    return "phone" if _PHONE in agent else "computer"
