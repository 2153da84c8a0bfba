"""`python -m tests.bench [PART ...]`: measure the parts named, or all of them, and write them down.

Every figure is a ratio or a score within one run, so that it means something on a noisy machine.
What was printed goes to docs/benchmarks.md, a section a part, with the date and the versions.
"""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

PAGE = Path("docs/benchmarks.md")
ORDERS = os.environ.get("BENCH_ORDERS", "")
PRODUCTS = os.environ.get("BENCH_PRODUCTS", "")
SIZE = os.environ.get("BENCH_SIZE", "").split()  # fewer orders than `connectors` takes by itself
OPTIONS = os.environ.get("BENCH_OPTIONS", "").split()
OF_FILES = {"accuracy", "training"}

# What each part runs. `accuracy` and `training` take a shop's orders and products as plain CSV
# files, named by BENCH_ORDERS and BENCH_PRODUCTS; BENCH_OPTIONS is handed on.
FILES = ["--orders", ORDERS, "--products", PRODUCTS]
MILLION = ("woocommerce, the demo shop, filled", "shopify, endless")  # an hour, so not by itself
PARTS: dict[str, list[str]] = {
    "statistics": ["tests.bench.statistics"],
    "serving": ["tests.bench.serving"],
    "ingest": ["tests.bench.ingest"],
    "connectors": ["tests.bench.connectors", *SIZE],
    "million": ["tests.bench.connectors", "1000000", *MILLION],
    "webhooks": ["tests.bench.webhooks"],
    "accuracy": ["tests.bench.accuracy", *FILES, *OPTIONS],
    "training": ["tests.bench.training", *FILES],
    "trainers": ["tests.bench.trainers", *SIZE],
}
# What a part draws, and how its curve should run; the dotted line is what to hold it against.
IMAGES = PAGE.parent / "images"
DRAWN: dict[str, dict[str, str]] = {
    "serving": {
        "cost-of-serving.svg": "A shelf is a look-up by keys, so it should hardly rise at all.",
    },
    "trainers": {
        "cost-of-training.svg": "Counting what is bought together costs the squares of the baskets "
        "added up, and the size of baskets is bounded, so it should rise with the lines. It rises "
        "a little faster: additions a line stay the same, but the more products there are, the "
        "more pairs are met for the first time and must be ranked, and the less fits into the "
        "caches.",
        "memory-of-training.svg": "The libraries first, then the lines and the pairs that they "
        "make.",
    },
}
LIBRARIES = (
    "flask",
    "sqlalchemy",
    "gunicorn",
    "numpy",
    "scipy",
    "scikit-surprise",
    "xgboost-cpu",
    "rapidfuzz",
)


def main() -> int:
    asked = sys.argv[1:] or [
        part for part in PARTS if part != "million" and (part not in OF_FILES or ORDERS)
    ]
    unknown = sorted(set(asked) - set(PARTS))
    if unknown:
        sys.stderr.write(f"There is no part {', '.join(unknown)}. Parts: {', '.join(PARTS)}.\n")
        return 2
    if OF_FILES & set(asked) and not (ORDERS and PRODUCTS):
        which = " and ".join(sorted(OF_FILES & set(asked)))
        sys.stderr.write(f"{which}: name plain CSV files in BENCH_ORDERS and BENCH_PRODUCTS.\n")
        return 2
    for part in asked:
        sys.stdout.write(f"== {part}\n")
        done = subprocess.run(
            [sys.executable, "-m", *PARTS[part]], stdout=subprocess.PIPE, text=True, check=False
        )
        sys.stdout.write(done.stdout)
        if done.returncode:
            sys.stderr.write(f"{part} failed; nothing of it was written down.\n")
            return done.returncode
        write_down(f"{part}, {Path(ORDERS).parent.name}" if part in OF_FILES else part, done.stdout)
    return 0


def write_down(part: str, printed: str) -> None:
    """Put a part's figures in its section of the page, in place of the ones before."""
    began = "# Benchmarks\n\nWritten by `make bench`; each section is one run of one part.\n"
    page = PAGE.read_text(encoding="utf-8") if PAGE.exists() else began
    page = re.sub(rf"\n## {part}\n.*?(?=\n## |\Z)", "", page, flags=re.DOTALL)
    used = ", ".join(f"{name} {version(name)}" for name in LIBRARIES)
    figures = printed.rstrip().lstrip("\n")  # the first line's blanks belong to its columns
    section = (
        f"\n## {part}\n\n{datetime.now(UTC):%Y-%m-%d}, {os.cpu_count()} cores, "
        f"Python {platform.python_version()}, {used}.\n\n```\n{figures}\n```\n"
    )
    for image, why in DRAWN.get(part, {}).items():
        if (IMAGES / image).exists():
            section += f"\n![{why}]({IMAGES.name}/{image})\n\n{why}\n"
    PAGE.write_text(page.rstrip("\n") + "\n" + section, encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
