"""The shop is the same everywhere, complete, recent, and never half built."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from demo import build, catalogue
from demo.database import FILE

NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
SECRETS = ("cookie_secret", "order_key_secret")


def rows(path: Path) -> list[Any]:
    """Everything in the file but its secrets."""
    db = sqlite3.connect(path)
    tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
    found = [
        (table, *row)
        for table in sorted(tables)
        for row in db.execute(f"SELECT * FROM {table}")  # noqa: S608
        if row[0] not in SECRETS
    ]
    db.close()
    return found


def last_order(path: Path) -> datetime:
    db = sqlite3.connect(path)
    (last_s,) = db.execute("SELECT max(created_s) FROM orders").fetchone()
    db.close()
    return datetime.fromtimestamp(last_s, UTC)


def test_two_machines_build_the_same_shop(tmp_path: Path) -> None:
    one = build.ensure(tmp_path / "one", max_orders=50, now=NOW)
    two = build.ensure(tmp_path / "two", max_orders=50, now=NOW)
    assert rows(one) == rows(two)


def test_the_whole_data_is_there(tmp_path: Path) -> None:
    db = sqlite3.connect(build.ensure(tmp_path, now=NOW))
    counts = {
        "orders": "SELECT count(*) FROM orders",
        "lines": "SELECT count(*) FROM order_lines",
        "products": "SELECT count(*) FROM products",
        "customers": "SELECT count(DISTINCT customer_id) FROM orders WHERE customer_id > 0",
    }
    found = {name: db.execute(sql).fetchone()[0] for name, sql in counts.items()}
    assert found == {"orders": 19773, "lines": 517254, "products": 3791, "customers": 4334}
    wrong = db.execute(
        "SELECT o.id, o.total_minor - sum(l.total_minor) AS off FROM orders o"
        " JOIN order_lines l ON l.order_id = o.id GROUP BY o.id HAVING off"
    )
    assert wrong.fetchall() == []
    first = db.execute(
        "SELECT p.sku, l.quantity, l.price_milli FROM order_lines l"
        " JOIN products p ON p.id = l.product_id WHERE l.order_id = 536365 ORDER BY l.id LIMIT 2"
    )
    assert first.fetchall() == [("21730", 6, 4250), ("22752", 2, 7650)]
    db.close()


@given(st.datetimes(datetime(2012, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)))  # noqa: DTZ001
def test_the_last_order_is_at_most_a_week_old_and_never_in_the_future(now: datetime) -> None:
    last = datetime(2011, 12, 9, 12, 50, tzinfo=UTC)
    weeks = build.weeks_to_move(int(last.timestamp()), now)
    assert timedelta(0) <= now - (last + timedelta(weeks=weeks)) < timedelta(days=7)


def test_a_second_start_changes_no_date(tmp_path: Path) -> None:
    before = last_order(build.ensure(tmp_path, max_orders=5, now=NOW))
    assert timedelta(0) <= NOW - before < timedelta(days=7)
    assert (before.weekday(), before.hour) == (4, 12)  # as it was: a Friday, ten to one
    assert last_order(build.ensure(tmp_path, now=NOW + timedelta(days=300))) == before


def test_a_start_that_was_killed_in_the_middle_is_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(build, "_write_orders", killed)
        with pytest.raises(KeyboardInterrupt):
            build.ensure(tmp_path, max_orders=5, now=NOW)
    assert not (tmp_path / FILE).exists()
    (tmp_path / f"{FILE}.unfinished").write_bytes(b"half of it")  # as a kill -9 leaves it
    assert last_order(build.ensure(tmp_path, max_orders=5, now=NOW)) < NOW


def test_only_the_owner_of_the_machine_reads_the_file(built: Path) -> None:
    assert (built / FILE).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("SET OF 3 MUM'S T-LIGHT JARS  10CM", "Set of 3 Mum's T-Light Jars 10cm"),
        ('LETTER "K" BLING KEY RING', 'Letter "K" Bling Key Ring'),
        ("50'S CHRISTMAS GIFT BAG LARGE", "50's Christmas Gift Bag Large"),
        ("FAIRY CAKE NOTEBOOK A5 SIZE", "Fairy Cake Notebook A5 Size"),
        ("*USB Office Mirror Ball", "USB Office Mirror Ball"),
        ("BAG 125g SWIRLY MARBLES", "Bag 125g Swirly Marbles"),
        ("Dotcomgiftshop Gift Voucher £100.00", "Dotcomgiftshop Gift Voucher £100.00"),
        ("PINK/BLUE STRING CURTAIN", "Pink/Blue String Curtain"),
    ],
)
def test_titles_in_capitals_become_readable(raw: str, shown: str) -> None:
    assert catalogue.readable(raw) == shown


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("SET 10 CARDS SNOWY ROBIN 17099", "Christmas"),
        ("REGENCY CAKESTAND 3 TIER", "Baking"),
        ("WHITE HANGING HEART T-LIGHT HOLDER", "Candles & Lighting"),
        ("JUMBO BAG RED RETROSPOT", "Bags & Travel"),
        ("ALARM CLOCK BAKELIKE GREEN", "Clocks & Mirrors"),
        ("HIGH RESOLUTION IMAGE", "Gifts"),
    ],
)
def test_words_of_a_title_choose_the_category(title: str, name: str) -> None:
    assert catalogue.BY_ID[catalogue.category_of(title)].name == name


def test_the_packed_data_stays_small() -> None:
    sizes = [path.stat().st_size for path in (build.DATA).glob("*.xz")]
    assert max(sizes) < 2 * 1024**2
    assert sum(sizes) < 3 * 1024**2
