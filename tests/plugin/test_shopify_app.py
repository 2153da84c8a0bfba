"""The Shopify app: does its package hold what is deployed, and does its configuration say what the
code does? The blocks themselves are tested where they are: plugin/shopify/check.
"""

from __future__ import annotations

import json
import re
import tomllib
import zipfile
from pathlib import Path
from typing import Any

import pytest

from connectors.shopify import api, webhooks
from connectors.shopify.access import SCOPES
from plugin import packages, theme_editor
from store.records import PLACEMENTS

APP = packages.ROOT / "plugin" / "shopify"
SHELVES = APP / "extensions" / "alongside-shelves"
PIXEL = APP / "extensions" / "alongside-pixel"


def toml(path: Path) -> dict[str, Any]:
    return tomllib.loads(path.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    name = f"alongside-shopify-{packages.version()}.zip"
    written = packages.write(tmp_path_factory.mktemp("build"))
    return zipfile.ZipFile(next(path for path in written if path.name == name))


def test_the_theme_extension_holds_the_widget_as_it_was_built(package: zipfile.ZipFile) -> None:
    for name in packages.SCRIPTS:
        there = package.read(f"alongside-shopify/extensions/alongside-shelves/assets/{name}")
        assert there == (packages.WIDGET / name).read_bytes()


def test_the_package_is_what_shopify_takes(package: zipfile.ZipFile) -> None:
    names = [name.removeprefix("alongside-shopify/") for name in package.namelist()]
    inside = [name.split("/") for name in names if name.startswith("extensions/alongside-shelves/")]
    allowed = {
        "assets": {".js"},
        "blocks": {".liquid"},
        "snippets": {".liquid"},
        "locales": {".json"},
    }
    for _, _, *path in inside:
        if path != ["shopify.extension.toml"]:
            folder, file = path  # no folder in a folder
            assert Path(file).suffix in allowed[folder]
    assert not [name for name in names if "check/" in name or "node_modules" in name]
    liquid = sum(info.file_size for info in package.infolist() if info.filename.endswith(".liquid"))
    assert liquid < 100_000, "what Shopify allows of Liquid"
    assert {name for name in names if "/" not in name} == {*packages.SHOPIFY_APP, "LICENSE"}


def test_every_version_is_ours(package: zipfile.ZipFile) -> None:
    for name in package.namelist():
        if name.endswith("package.json"):
            assert json.loads(package.read(name))["version"] == packages.version()


def test_the_app_subscribes_to_what_we_understand() -> None:
    app = toml(APP / "shopify.app.toml")
    topics, compliance = set(), set()
    for subscription in app["webhooks"]["subscriptions"]:
        topics.update(subscription.get("topics", ()))
        compliance.update(subscription.get("compliance_topics", ()))
        assert subscription["uri"] == "https://alongside.example/webhooks/shopify"
    assert topics == set(webhooks.TOPICS)
    assert compliance == set(webhooks.COMPLIANCE_TOPICS)
    assert app["webhooks"]["api_version"] == api.VERSION


def test_the_app_asks_for_what_it_uses() -> None:
    app = toml(APP / "shopify.app.toml")
    asked = set(app["access_scopes"]["scopes"].split(","))
    assert asked == {*SCOPES, "write_pixels", "read_customer_events", "write_app_proxy"}
    assert app["embedded"] is True
    assert app["client_id"] == "", "everybody has an app of their own"


def test_the_pixel_is_strict_and_asks_for_analytics_alone() -> None:
    pixel = toml(PIXEL / "shopify.extension.toml")
    assert (pixel["type"], pixel["runtime_context"]) == ("web_pixel_extension", "strict")
    assert pixel["customer_privacy"] == {
        "analytics": True,
        "marketing": False,
        "preferences": False,
        "sale_of_data": "disabled",
    }
    assert set(pixel["settings"]["fields"]) == {"key", "api"}


def test_each_extension_has_an_id_of_its_own() -> None:
    ids = [toml(folder / "shopify.extension.toml")["uid"] for folder in (SHELVES, PIXEL)]
    assert len(set(ids)) == 2
    assert all(re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", one) for one in ids)


def test_the_links_lead_to_blocks_that_exist() -> None:
    files = {path.stem for path in (SHELVES / "blocks").glob("*.liquid")}
    assert files == {theme_editor.EMBED, *(theme_editor.handle(it) for it in PLACEMENTS)}


def test_the_links_open_the_editor_with_the_change_made() -> None:
    assert theme_editor.embed_link("tea.myshopify.com", "abc") == (
        "https://tea.myshopify.com/admin/themes/current/editor"
        "?context=apps&activateAppId=abc/alongside"
    )
    assert theme_editor.block_link("tea.myshopify.com", "abc", "also_bought") == (
        "https://tea.myshopify.com/admin/themes/current/editor"
        "?template=product&addAppBlockId=abc/also-bought&target=newAppsSection"
    )
    assert "template=index" in theme_editor.block_link("t.myshopify.com", "abc", "bestsellers")


def test_a_link_never_opens_a_page_that_the_block_is_not_for() -> None:
    for placement in PLACEMENTS:
        source = (SHELVES / "blocks" / f"{theme_editor.handle(placement)}.liquid").read_text(
            "utf-8"
        )
        declared = json.loads(source.split("{% schema %}")[1].split("{% endschema %}")[0])
        templates = declared.get("enabled_on", {}).get("templates")
        if templates:
            assert theme_editor.TEMPLATES[placement] in templates
        else:
            assert placement not in theme_editor.TEMPLATES
