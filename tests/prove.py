"""`python -m tests.prove [PART ...]`: the full figures of what `make test` takes samples of.

Each part writes what it found, with the date, to a page of its name in docs/proof/; run part by
part, it resumes wherever one likes.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

FOLDER = Path("docs/proof")
# What the programs logged meanwhile, by the hundred: a proof is what was counted.
LOGGED = re.compile(r"\d{4}-\d\d-\d\d[ T][\d:.Z]+ \[\w+ *\] .*\n")

LONG = ("-p", "no:randomly", "--timeout", "3600")

# Part -> what it shows, the environment it needs, and the command.
PARTS: dict[str, tuple[str, dict[str, str], list[str]]] = {
    "kills": (
        "A sync killed with SIGKILL at 20 random points ends in the rows of an undisturbed one; so "
        "do 50 each of WooCommerce and Shopify that are killed three times, dropped and cut off, "
        "answered 429, 500, 502, 503, HTML, half a JSON or nothing at all, by a shop whose clock "
        "is wrong and whose rows change, come and go meanwhile.",
        {"PROVE_KILLS": "20", "PROVE_RUNS": "50"},
        [
            "pytest",
            "-q",
            "tests/scheduler/test_sync.py",
            "tests/scheduler/test_interrupted.py",
            "-k",
            "killed or interrupted",
            *LONG,
        ],
    ),
    "cache": (
        "10,000 visitors behind a cache of every page keep their arms, and the split stays even.",
        {"PROVE_VISITORS": "10000", "PROVE_BROWSERS": "8"},
        ["pytest", "-q", "-s", "tests/widget/test_cached_pages.py", "--timeout=3000"],
    ),
    "schemathesis": (
        "2,000 requests an operation, right and wrong ones: no fault, no undocumented answer.",
        {"PROVE_CASES": "2000"},
        ["pytest", "-q", "tests/test_fuzz.py", "-p", "no:randomly", "--timeout=3000"],
    ),
    "admin": (
        "Each page of the merchant: largest paint within 2.5 s, layout shift at most 0.1, axe "
        "clean, usable at 390 px.",
        {"PROVE_ADMIN": "1"},
        ["pytest", "-q", "tests/plugin/test_browser.py", "-k", "every_page", "--timeout=600"],
    ),
    "ingest": (
        "The whole server killed with SIGKILL under load: no acknowledged event lost or doubled.",
        {"PROVE_KILLS": "20"},
        ["pytest", "-qs", "tests/widget/test_endurance.py", "-k", "killed", *LONG],
    ),
    "faults": (
        "Each fault made for real under a real server (a full disk, a held lock, a database that "
        "is moved away, a training without memory, a scheduler killed again and again, a shop half "
        "a minute late, a flood): what shoppers see, what is kept, what the doctor says. Four web "
        "workers, two clocks and two trainers on PostgreSQL; a clock and trainers killed in the "
        "middle of their work, the database restarted: each job exactly once.",
        {"PROVE_ASKED": "8", "PROVE_FAULTS": "6"},
        [
            "pytest",
            "-qs",
            "tests/test_faults.py",
            "tests/test_real_faults.py",
            "tests/test_many_processes.py",
            *LONG,
        ],
    ),
    "publishing": (
        "Publications and roll-backs under load: no answer failed, mixed, or old after a second.",
        {"PROVE_FLIPS": "20"},
        [
            "pytest",
            "-qs",
            "tests/widget/test_endurance.py",
            "-k",
            "publishing",
            "-p",
            "no:randomly",
        ],
    ),
    "reasons": (
        "Every place of every list of the whole demo, counted again from its orders and products.",
        {},
        ["tests.proving_reasons"],
    ),
    "soak": (
        "Half an hour at half of what two workers can: no answer fails, and no worker grows.",
        {},
        ["tests.proving_soak"],
    ),
    "statistics": (
        "The verdict's false alarms and power over 2,000 simulated tests a cell.",
        {},
        ["tests.bench.statistics"],
    ),
    "tasks": (
        "On a processor four times slower shelf.js never takes 50 ms at a time.",
        {},
        ["tests.proving_tasks"],
    ),
    "truth": ("1,000 shops with a planted truth, 2,000 without an effect.", {}, ["tests.truth"]),
}


def readable(printed: str) -> str:
    """What a proof printed, without logs and without this machine's paths."""
    return LOGGED.sub("", printed).replace(str(Path.cwd()), ".").strip()


def main() -> int:
    asked = sys.argv[1:] or list(PARTS)
    unknown = sorted(set(asked) - set(PARTS))
    if unknown:
        sys.stderr.write(f"There is no part {', '.join(unknown)}. Parts: {', '.join(PARTS)}.\n")
        return 2
    for part in asked:
        shows, environment, command = PARTS[part]
        sys.stdout.write(f"== {part}: {shows}\n")
        done = subprocess.run(
            [sys.executable, "-m", *command],
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            text=True,
            check=False,
        )
        sys.stdout.write(done.stdout)
        if done.returncode:
            sys.stderr.write(f"{part} failed; nothing was written down.\n")
            return done.returncode
        FOLDER.mkdir(parents=True, exist_ok=True)
        (FOLDER / f"{part}.md").write_text(
            f"# Proof: {part}\n\n{shows}\n\nRun on {datetime.now(UTC):%Y-%m-%d} by "
            f"`make prove PART={part}`.\n\n```\n{readable(done.stdout)}\n```\n",
            encoding="utf-8",
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
