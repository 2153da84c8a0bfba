"""`python -m tests.audit`: do public advisories speak against a library that is pinned here?

Asks PyPI's advisories (by pip-audit) about what is installed to run and to test, and npm's about
what builds shelf.js. Needs the network: where nobody answers, that is said and is no verdict, and
with STRICT=1 a failure.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

UV = str(Path(sys.executable).with_name("uv"))
PIP_AUDIT = [
    UV,
    "tool",
    "run",
    "pip-audit",
    "--disable-pip",
    "--require-hashes",
    "-f",
    "json",
    "-r",
]
PATIENCE_S = 300


def python_advisories(told: dict[str, Any]) -> list[str]:
    """A library that could not be asked about is passed over by pip-audit: that is no answer."""
    if any("skip_reason" in one for one in told["dependencies"]):
        raise ValueError("not every library could be asked about")
    return [
        f"{one['name']} {one['version']}: {fault['id']}"
        for one in told["dependencies"]
        for fault in one.get("vulns", ())
    ]


def node_advisories(told: dict[str, Any]) -> list[str]:
    return [f"{name}: {fault['severity']}" for name, fault in told["vulnerabilities"].items()]


ASKED: dict[str, tuple[list[str], Callable[[dict[str, Any]], list[str]]]] = {
    "requirements.txt": ([*PIP_AUDIT, "requirements.txt"], python_advisories),
    "requirements-dev.txt": ([*PIP_AUDIT, "requirements-dev.txt"], python_advisories),
    "widget": (["npm", "--prefix", "widget", "audit", "--json"], node_advisories),
    "plugin/shopify/check": (
        ["npm", "--prefix", "plugin/shopify/check", "audit", "--json"],
        node_advisories,
    ),
}


def advisories(command: list[str], read: Callable[[dict[str, Any]], list[str]]) -> list[str] | None:
    """None: nobody answered."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=PATIENCE_S
        )
        return read(json.loads(done.stdout))
    except (OSError, subprocess.TimeoutExpired, ValueError, KeyError):
        return None


def main() -> int:
    found: list[str] = []
    silent: list[str] = []
    for name, (command, read) in ASKED.items():
        faults = advisories(command, read)
        if faults is None:
            silent.append(name)
            sys.stdout.write(f"NOT RUN: advisories about {name}: nobody answered.\n")
        else:
            found += faults
            sys.stdout.write(f"{name}: {len(faults) or 'no'} advisories.\n")
    sys.stdout.writelines(f"  {fault}\n" for fault in found)
    return 1 if found or (silent and os.environ.get("STRICT")) else 0


if __name__ == "__main__":
    sys.exit(main())
