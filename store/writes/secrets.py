"""What changes of the secrets we hold: wrapped anew for a new first key of SECRET_KEYS, and a
shop's credentials where its platform makes them end."""

from __future__ import annotations

import fcntl
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, Engine, select, text, update

from store import tables
from store.engine import reading, writing
from store.errors import Explained
from store.keys import Ring
from store.opening import Store
from store.reads import shops as reads
from store.writes import shops

# How long to wait for another process to renew a shop's credentials: longer than its question to
# the platform may take with all its tries.
WAIT_S = 120.0
# The first half of an advisory lock's name; the second is the shop. Nothing else uses two halves.
_LOCKS = 6_710


class StillLocked(Explained):
    """Another process has been renewing these credentials for too long."""


Renew = Callable[[dict[str, str]], dict[str, str] | None]


def renewed_under_lock(store: Store, shop: reads.Shop) -> Callable[[Renew], dict[str, str]]:
    """How a connector has its shop's credentials renewed: see `with_locked_credentials`."""
    return lambda renew: with_locked_credentials(
        store.engine, store.ring, shop.id, renew, shop.now()
    )


def with_locked_credentials(
    engine: Engine,
    ring: Ring,
    shop_id: int,
    renew: Renew,
    now: datetime,
    *,
    wait_s: float = WAIT_S,
) -> dict[str, str]:
    """Hand the shop's credentials as they are saved to `renew`, one process at a time; save what
    it gives, unless None; give what then is saved.

    The lock is none of a transaction: `renew` asks the platform, and nobody else's writing may
    wait for that. It dies with its holder.
    """
    with _lock(engine, shop_id, wait_s):
        with reading(engine) as connection:
            opened = reads.credentials(connection, ring, shop_id)
        renewed = renew(opened)
        if renewed is None:
            return opened
        with writing(engine) as connection:
            shops.save_credentials(connection, ring, shop_id, renewed, now)
        return renewed


@contextmanager
def _lock(engine: Engine, shop_id: int, wait_s: float) -> Iterator[None]:
    """A file beside the database, or PostgreSQL's advisory lock of a session of its own."""
    until_s = time.monotonic() + wait_s

    def wait(taken: Callable[[], bool]) -> None:
        while not taken():
            if time.monotonic() > until_s:
                raise StillLocked(
                    "The shop's access is being renewed by another process that does not finish."
                )
            time.sleep(0.05)

    if engine.dialect.name == "postgresql":
        with engine.connect() as connection:
            asked = text("SELECT pg_try_advisory_lock(:kind, :shop)")
            names = {"kind": _LOCKS, "shop": shop_id % 2**31}

            def taken() -> bool:
                held = bool(connection.scalar(asked, names))
                connection.commit()
                return held

            try:
                wait(taken)
                yield
            finally:
                connection.invalidate()  # closing the session gives it back
        return
    with Path(f"{engine.url.database}.credentials-{shop_id}.lock").open("w") as file:

        def locked() -> bool:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            return True

        wait(locked)
        yield


def rewrap(connection: Connection, ring: Ring) -> int:
    """Wrap all shops' keys and credentials with the newest key; tells how many there are."""
    k, c = tables.ShopKey, tables.Credential
    count = 0
    for key_id, wrapped in connection.execute(select(k.id, k.wrapped)).all():
        new = ring.rewrap(bytes(wrapped))
        connection.execute(update(k).where(k.id == key_id).values(wrapped=new))
        count += 1
    for shop_id, wrapped in connection.execute(select(c.shop_id, c.wrapped)).all():
        new = ring.rewrap(bytes(wrapped))
        connection.execute(update(c).where(c.shop_id == shop_id).values(wrapped=new))
        count += 1
    return count
