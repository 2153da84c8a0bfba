"""What does `flask train` cost, beside the fits of two libraries alone?

    python -m tests.bench.training --orders FILE --products FILE

Each in a process of its own on the same orders: CPU seconds and peak memory. Ours is the whole
command (reading the store, measuring, tuning, fitting, writing the lists); implicit's ALS and
Surprise's SVD fit once, and serve and measure nothing. Beside them, how the counting of
co-purchase compares with scipy's plain matrix product.
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from tests.bench.orders import read

# One thread each: CPU seconds then mean work, not how many threads waited for each other.
ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"), "1")


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--orders", type=Path, required=True)
    parser.add_argument("--products", type=Path, required=True)
    parser.add_argument("--only", choices=sorted(FITS), help="run one fit, here")
    chosen = parser.parse_args(arguments)
    if chosen.only:
        FITS[chosen.only](chosen.products, chosen.orders)
        return
    files = ["--products", str(chosen.products), "--orders", str(chosen.orders)]
    say(f"{'':<28}{'CPU s':>8}{'peak MiB':>10}")
    cost: dict[str, float] = {}
    cost["flask train"] = train(files)
    for name in FITS:
        command = [sys.executable, "-m", "tests.bench.training", *files, "--only", name]
        cost[name] = timed(name, command, dict(os.environ))
    for name in FITS:
        say(f"flask train / {name}: {cost['flask train'] / max(cost[name], 0.01):.1f}")


def train(files: Sequence[str]) -> float:
    """Import the files into a fresh store and train; the compiled loops are warm, as on day two."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "DATABASE_URL": f"sqlite:///{folder}/bench.sqlite"}
        flask = str(Path(sys.executable).with_name("flask"))
        for step in (
            ["db", "upgrade"],
            ["shop", "add", "files", "--name", "Bench", "--currency", "GBP"],
            ["import", "Bench", *files],
        ):
            subprocess.run([flask, *step], env=environment, check=True, capture_output=True)
        return timed("flask train", [flask, "train", "Bench"], environment)


def timed(name: str, command: Sequence[str], environment: dict[str, str]) -> float:
    """CPU seconds of a child process; says them and the most memory it held."""
    child = subprocess.Popen(
        command, env=environment | ONE_THREAD, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    with child:
        told = child.stdout.read() if child.stdout else b""
        _, status, used = os.wait4(child.pid, 0)
        child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise RuntimeError(f"{name} failed:\n{told.decode()}")
    spent = used.ru_utime + used.ru_stime
    for line in told.decode().splitlines():
        if name in FITS and line.startswith("alone "):
            spent = float(line.split()[1])
    say(f"{name:<28}{spent:>8.1f}{used.ru_maxrss / 1024:>10.0f}")
    return spent


def _alone(work: Callable[[], object]) -> None:
    """Tell what the work cost without the reading of files before it."""
    started = time.process_time()
    work()
    say(f"alone {time.process_time() - started:.2f}")


def als(products: Path, orders: Path) -> None:
    from implicit.als import AlternatingLeastSquares
    from scipy import sparse

    interactions, catalogue = read(products, orders)
    known = interactions.customer >= 0
    shape = (len(interactions.customer_keys), len(catalogue))
    cells = (interactions.customer[known], interactions.product[known])
    taste = sparse.coo_matrix((np.ones(known.sum(), dtype=np.float32), cells), shape).tocsr()
    model = AlternatingLeastSquares(64, iterations=15, num_threads=1, random_state=1)
    _alone(lambda: model.fit(taste, show_progress=False))


def surprise(products: Path, orders: Path) -> None:
    from surprise import SVD, Dataset, Reader

    interactions, _ = read(products, orders)
    known = interactions.customer >= 0
    pairs = zip(
        interactions.customer[known].tolist(), interactions.product[known].tolist(), strict=True
    )

    def fit() -> None:
        rows = [(u, i, 1.0, None) for u, i in pairs]
        data = Dataset(Reader(rating_scale=(0, 1)))
        SVD(n_factors=32, n_epochs=20, random_state=1).fit(data.construct_trainset(rows))

    _alone(fit)


def counting(products: Path, orders: Path) -> None:
    from recommenders.bought_together import BoughtTogether, sheets
    from recommenders.known import Known

    known = Known(*(data := read(products, orders)), int(data[0].at_s[-1]))
    sheets(known, [BoughtTogether()])  # compiled, and the views are made
    _alone(lambda: sheets(known, [BoughtTogether()]))


def product(products: Path, orders: Path) -> None:
    from recommenders.baskets import baskets

    interactions, catalogue = read(products, orders)
    held = baskets(interactions, len(catalogue))
    turned = held.T.tocsr()
    _alone(lambda: turned @ held)


FITS: dict[str, Callable[[Path, Path], None]] = {
    "implicit ALS, 15 iterations": als,
    "Surprise SVD, 20 epochs": surprise,
    "co-purchase with its lists": counting,
    "scipy X.T @ X": product,
}


def say(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    main()
