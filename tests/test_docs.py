"""Do the pages tell the whole truth? Each thing an outsider relies on must stand in docs/.

What a page says of it cannot be tested; that it says something can, and so a new address, command,
setting, event or table is not forgotten.
"""

from __future__ import annotations

import ast
import hmac
import importlib
import re
import time
import tomllib
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import click
import pytest
from flask import Flask
from sqlalchemy import Engine

from plugin.app import create_app as create_admin
from store import engine as engines
from store.engine import Serving, reading, writing
from store.opening import Store
from store.reads.shop_config import shop_config
from store.reads.shops import Shop
from store.settings import Settings
from store.tables import Base
from store.writes import shops as shop_writes
from tests.shops import open_store
from tests.widget.test_shelf_api import start_test
from widget import answer, openapi, query
from widget.app import create_app as create_storefront
from widget.events import TYPES
from wsgi import COMMANDS

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
PAGES = sorted(
    path for path in [*ROOT.glob("*.md"), *DOCS.rglob("*.md")] if "node_modules" not in path.parts
)


@cache
def page(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


# --- links and paths ------------------------------------------------------------------------------


def anchors(path: Path) -> set[str]:
    """The anchors GitHub makes of a page's headings."""
    found = set()
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            text = re.sub(r"&\w+;|[`*]|\[|\]\([^)]*\)", "", line.lstrip("#").strip().lower())
            found.add(re.sub(r"[^\w\- ]", "", text).replace(" ", "-"))
    return found


def without_code(text: str) -> str:
    return re.sub(r"```.*?```", "", text, flags=re.S)


def links() -> Iterator[tuple[Path, str]]:
    for path in PAGES:
        for target in re.findall(r"\]\(([^)\s]+)\)", without_code(path.read_text("utf-8"))):
            if not re.match(r"[a-z]+:", target):
                yield path, target


def test_every_link_leads_somewhere() -> None:
    faults = []
    for path, target in links():
        name, _, anchor = target.partition("#")
        there = (path.parent / name).resolve() if name else path
        if not there.exists() or (anchor and anchor not in anchors(there)):
            faults.append(f"{path.relative_to(ROOT)}: {target}")
    assert not faults


@pytest.mark.parametrize("name", ["README.md", "CONTRIBUTING.md"])
def test_a_path_in_backticks_exists(name: str) -> None:
    text = without_code((ROOT / name).read_text(encoding="utf-8"))
    tops = {path.name for path in ROOT.iterdir()}
    for named in re.findall(r"`([\w.\-/]+/[\w.\-/]*)`", text):
        if named.split("/")[0] not in tops or named.startswith((".venv/", "instance/")):
            continue  # not ours, or made at first start
        assert (ROOT / named).exists(), f"{name} names {named}, which is not there"


def test_each_page_can_be_found_from_the_index() -> None:
    index = page("README.md")
    for path in DOCS.glob("*.md"):
        if path.name != "README.md":
            assert f"]({path.name})" in index, f"docs/README.md does not link to {path.name}"


def test_the_pages_that_code_sends_people_to_exist() -> None:
    missing = {
        f"{path.relative_to(ROOT)}: {named}"
        for path in [*ROOT.glob("*/**/*.py"), ROOT / "Makefile", *ROOT.glob("plugin/**/*.html")]
        if not {"node_modules", ".venv"}.intersection(path.parts)
        for named in re.findall(r"docs/[\w\-/]+\.md", path.read_text(encoding="utf-8"))
        if not (ROOT / named).exists()
    }
    assert not missing


def test_the_changelog_names_the_version() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    assert f"## [{version}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


# --- addresses ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def applications(sqlite_template: Path) -> Iterator[list[Flask]]:
    engine = engines.open(f"sqlite:///{sqlite_template}")
    store = open_store(engine)
    yield [create_storefront(store), create_admin(store)]
    engine.dispose()


def test_each_address_is_described_with_its_methods(applications: list[Flask]) -> None:
    text = page("http.md")
    for app in applications:
        for rule in app.url_map.iter_rules():
            for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
                # "GET /path", or "GET`, `POST /path" where one line tells of both.
                told = re.search(rf"`{method}[^|\n]*? ?{re.escape(rule.rule)}`", text)
                assert told, f"docs/http.md does not describe {method} {rule.rule}"


def names_in(schema: Any) -> set[str]:
    """Every property that an OpenAPI schema names, at any depth."""
    if isinstance(schema, list):
        return set().union(*map(names_in, schema))
    if not isinstance(schema, dict):
        return set()
    own = set(schema["properties"]) if isinstance(schema.get("properties"), dict) else set()
    return own.union(*map(names_in, schema.values()))


def test_each_parameter_and_field_of_a_shelf_is_described() -> None:
    shelf = openapi.document()["paths"]["/v1/{key}/shelf"]["get"]
    parameters = {it["name"] for it in shelf["parameters"]} - {"key"}
    fields = names_in(shelf["responses"]["200"])
    assert {"placement", "items", "reason", "variant"} <= fields  # the walk found something
    for name in parameters | fields:
        assert f"`{name}`" in page("http.md"), f"docs/http.md does not describe {name}"


def test_each_event_and_each_of_its_fields_is_described() -> None:
    told = openapi.document()["paths"]["/v1/{key}/shelf/events"]["post"]["requestBody"]
    fields = names_in(told) - {"events"}
    assert {"id", "type", "token"} <= fields
    for name in {*TYPES, *fields}:
        assert f"| `{name}` |" in page("events.md"), f"docs/events.md does not describe {name}"


# --- commands and settings ------------------------------------------------------------------------


def commands(name: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    if isinstance(command, click.Group):
        for sub, inner in command.commands.items():
            yield from commands(f"{name} {sub}", inner)
    else:
        yield name, command


def every_command() -> Iterator[tuple[str, click.Command]]:
    for name, where in COMMANDS.items():
        module, _, attribute = where.partition(":")
        yield from commands(name, getattr(importlib.import_module(module), attribute))


def test_each_command_is_described_with_its_options() -> None:
    text = page("commands.md")
    missing = []
    for name, command in every_command():
        options = [o for p in command.params if isinstance(p, click.Option) for o in p.opts]
        missing += [told for told in (f"flask {name}", *options) if told not in text]
    assert not missing, "docs/commands.md does not describe these"


def test_each_setting_is_described_with_its_default() -> None:
    rows = {row[0]: row for row in table_rows(page("settings.md"))}
    for name, field in Settings.model_fields.items():
        row = rows.get(f"`{name.upper()}`")
        assert row, f"docs/settings.md has no row for {name.upper()}"
        if isinstance(field.default, int | str) and name != "database_url":
            shown = str(field.default).lower()
            assert f"`{shown}`" in row[1], f"docs/settings.md: {name.upper()} is {shown} by default"


def table_rows(text: str) -> Iterator[list[str]]:
    for line in text.splitlines():
        if line.startswith("| `"):
            yield [cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]]


def test_each_variable_that_our_programs_read_is_described() -> None:
    read = set(
        re.findall(
            r"environ(?:\.get\(|\[)['\"](\w+)",
            (ROOT / "gunicorn.conf.py").read_text() + (ROOT / "widget/health.py").read_text(),
        )
    ) | {"PORT", "DEMO_PORT", "DEMO_ONCE"}
    assert {"HOST", "WEB_WORKERS", "ACCESS_LOG"} <= read
    for name in read:
        assert f"| `{name}` |" in page("settings.md"), f"docs/settings.md does not describe {name}"


def test_each_finding_of_the_doctor_is_described() -> None:
    tree = ast.parse((ROOT / "plugin" / "findings.py").read_text(encoding="utf-8"))
    codes = {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and re.fullmatch(r"[a-z]+(-[a-z]+)+", node.value)
    }
    assert len(codes) > 20
    for code in codes:
        assert f"`{code}`" in page("operating.md"), f"docs/operating.md does not describe {code}"


# --- what is kept of people -----------------------------------------------------------------------

# What a column that concerns a person is called in `store/tables/`.
OF_PEOPLE = {
    "visitor", "customer_id", "digest", "email", "password", "session_mark", "user_id", "who",
    "token", "nonce",
}  # fmt: skip


def test_the_data_inventory_names_each_table() -> None:
    for table in Base.metadata.tables.values():
        told = re.search(rf"`{table.name}[`.]", page("privacy.md"))
        assert told, f"docs/privacy.md does not say what {table.name} holds of people"


def test_the_data_inventory_names_each_column_that_concerns_a_person() -> None:
    for table in Base.metadata.tables.values():
        for column in table.columns:
            if column.name in OF_PEOPLE:
                name = f"{table.name}.{column.name}"
                assert f"`{name}`" in page("privacy.md"), f"docs/privacy.md does not tell of {name}"


# --- decisions ------------------------------------------------------------------------------------


class Counting(Serving):
    """Notes every statement of a request."""

    def __init__(self, engine: Engine) -> None:
        super().__init__(engine)
        self.asked: list[str] = []

    def rows(self, sql: str, values: Sequence[Any]) -> Sequence[Any]:
        self.asked.append(sql)
        return super().rows(sql, values)


SESSION = "placement=also_bought&product=p4&recent=p8%2Cp0%2Cp12%2Cp2%2Cp6&cart=p20%2Cp22"


@pytest.mark.parametrize(
    ("asked", "tested", "statements"),
    [
        ("placement=bestsellers", False, 2),
        ("placement=also_bought&product=p0", False, 2),
        (SESSION, False, 2),
        (f"{SESSION}&visitor={'v' * 32}", True, 2),
        (f"{SESSION}&visitor={'w' * 32}", True, 2),
        (f"{SESSION}&customer=SIGNED", False, 3),
        (f"{SESSION}&visitor={'v' * 32}&customer=SIGNED", True, 3),
    ],
)
def test_a_shelf_takes_the_statements_that_decision_0801_tells(
    store: Store, shop: Shop, asked: str, tested: bool, statements: int
) -> None:
    if tested:
        start_test(store, shop, "bestsellers")
    with writing(store.engine) as connection:  # a visit that tries a product may take one more
        shop_writes.save_settings(connection, shop.id, {"tried": 0})
    with reading(store.engine) as connection:
        config = shop_config(connection, store.ring, shop.key)
    assert config is not None
    text = f"c1.{int(time.time()) + 600}"
    signature = hmac.new(config.keys.customer[0], text.encode(), "sha256").hexdigest()
    question = asked.replace("SIGNED", f"{text}.{signature}").encode()
    serving = Counting(store.engine)
    found = answer.answer(serving, config, query.read(question), shop.now())
    assert found.items
    assert len(serving.asked) == statements, serving.asked
