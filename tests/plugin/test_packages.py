"""What an owner installs: is everything in it, the same bytes every time, and in one version?"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import zipfile
from datetime import UTC, datetime
from pathlib import Path

import pytest

from plugin import packages, translations
from store.records import PLACEMENTS
from widget import customer

HERE = Path(__file__).parent / "wordpress"
PLUGIN = packages.ROOT / "plugin" / "woocommerce" / "alongside"


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory) -> zipfile.ZipFile:
    written = packages.write(tmp_path_factory.mktemp("build"))
    name = f"alongside-{packages.version()}.zip"
    return zipfile.ZipFile(next(path for path in written if path.name == name))


def text(package: zipfile.ZipFile, name: str) -> str:
    return package.read(f"alongside/{name}").decode()


def test_two_builds_are_the_same_to_the_byte(tmp_path: Path) -> None:
    first = {path.name: path.read_bytes() for path in packages.write(tmp_path / "a")}
    second = {path.name: path.read_bytes() for path in packages.write(tmp_path / "b")}
    assert first == second


def test_the_shop_serves_the_widget_as_it_was_built(package: zipfile.ZipFile) -> None:
    for name in packages.SCRIPTS:
        there = package.read(f"alongside/assets/{packages.version()}/{name}")
        assert there == (packages.WIDGET / name).read_bytes()


def test_the_package_is_the_plugin_and_nothing_else(package: zipfile.ZipFile) -> None:
    kinds = {Path(name).suffix for name in package.namelist()}
    assert kinds == {".php", ".js", ".json", ".txt", ".po", ".mo", ".pot", ""}
    assert all(name.startswith("alongside/") for name in package.namelist())
    assert not [name for name in package.namelist() if "test" in name.lower()]
    assert {info.external_attr >> 16 for info in package.infolist()} == {packages.FILE_MODE}


def test_nothing_in_it_is_fetched_from_elsewhere(package: zipfile.ZipFile) -> None:
    """All resources are hosted within the plugin's folder, as WooCommerce asks of extensions."""
    known = {"www.apache.org", "schemas.wp.org", "recs.example.com", "www.w3.org"}
    for name in package.namelist():
        if Path(name).suffix in (".php", ".js", ".json"):
            found = re.findall(r"https?://([\w.-]+\.[a-z]{2,})", package.read(name).decode())
            assert set(found) <= known, name


def test_every_place_tells_the_same_version(package: zipfile.ZipFile) -> None:
    main = text(package, "alongside.php")
    told = {
        re.search(r"^ \* Version: (.+)$", main, re.M),
        re.search(r"^const VERSION = '(.+)';$", main, re.M),
        re.search(r"^Stable tag: (.+)$", text(package, "readme.txt"), re.M),
        re.search(r"'version' +=> '(.+)'", text(package, "blocks/shelf/editor.asset.php")),
    }
    assert {found and found[1] for found in told} == {packages.version()}
    assert json.loads(text(package, "blocks/shelf/block.json"))["version"] == packages.version()


def test_the_header_says_what_wordpress_and_woocommerce_ask_for(package: zipfile.ZipFile) -> None:
    main, readme = text(package, "alongside.php"), text(package, "readme.txt")
    for field in ("Requires at least", "Requires PHP", "Requires Plugins", "License"):
        said = re.search(rf"^ \* {field}: (.+)$", main, re.M)
        again = re.search(rf"^{field}: (.+)$", readme, re.M)
        assert said, field
        assert again, field
        assert said[1] == again[1]
    plugin = text(package, "src/Plugin.php")
    assert "custom_order_tables" in plugin
    assert "cart_checkout_blocks" in plugin
    assert "== External services ==" in readme
    short = readme.split("\n\n")[1]
    assert len(short) <= 150, "wordpress.org cuts the short description"
    tags = re.search(r"^Tags: (.+)$", readme, re.M)
    assert tags
    assert len(tags[1].split(",")) <= 5


# What the block API knows (developer.wordpress.org, "Metadata in block.json"), as far as we use it.
FIELDS = {
    "$schema", "apiVersion", "name", "version", "title", "category", "icon", "description",
    "keywords", "textdomain", "attributes", "supports", "example", "editorScript",
}  # fmt: skip
TYPES = {"string": str, "integer": int, "boolean": bool}


def test_each_block_is_described_as_wordpress_reads_it(package: zipfile.ZipFile) -> None:
    blocks = [name for name in package.namelist() if name.endswith("/block.json")]
    assert blocks
    for name in blocks:
        block = json.loads(package.read(name))
        assert set(block) <= FIELDS
        assert block["apiVersion"] == 3
        assert re.fullmatch(r"[a-z][a-z0-9-]*/[a-z][a-z0-9-]*", block["name"])
        assert block["textdomain"] == "alongside"
        for attribute in block["attributes"].values():
            assert type(attribute["default"]) is TYPES[attribute["type"]]
            assert attribute["default"] in attribute.get("enum", [attribute["default"]])
        assert set(block["example"]["attributes"]) <= set(block["attributes"])
        script = block["editorScript"].removeprefix("file:./")
        folder = name.rpartition("/")[0]
        assert f"{folder}/{script}" in package.namelist()
        assert f"{folder}/{script.removesuffix('.js')}.asset.php" in package.namelist()


def test_every_choice_of_the_plugin_is_a_placement_of_the_application() -> None:
    named = re.search(
        r"function placements\(\).*?\];", (PLUGIN / "src/Choices.php").read_text(), re.S
    )
    assert named
    assert set(re.findall(r"'(\w+)' +=> __\(", named[0])) == set(PLACEMENTS)


# --- words ----------------------------------------------------------------------------------------


def test_the_files_of_words_are_those_of_the_plugin_as_it_is() -> None:
    mend = "run `python -m plugin.translations`"
    pot = translations.LANGUAGES / "alongside.pot"
    assert pot.read_bytes() == translations.as_text(translations.template()), mend
    for path in translations.LANGUAGES.glob("*.po"):
        catalog = translations.translated(path)
        assert path.read_bytes() == translations.as_text(catalog), mend
        assert path.with_suffix(".mo").read_bytes() == translations.compiled(catalog), mend


@pytest.mark.parametrize("locale", ["de_DE", "fr_FR"])
def test_every_word_is_translated_with_its_places_kept(locale: str) -> None:
    catalog = translations.translated(translations.LANGUAGES / f"alongside-{locale}.po")
    for message in catalog:
        if message.id:
            assert message.string, message.id
            assert not message.fuzzy, message.id
            assert isinstance(message.id, str)
            assert isinstance(message.string, str)
            places = re.findall(r"%\d?\$?[sd]|%%|\{\}|`.*?`", message.id)
            assert sorted(places) == sorted(
                re.findall(r"%\d?\$?[sd]|%%|\{\}|`.*?`", message.string)
            )


def test_no_word_of_the_plugin_escapes_the_translators() -> None:
    source = "".join(path.read_text(encoding="utf-8") for path in PLUGIN.rglob("*.php"))
    calls = len(
        re.findall(r"\b(?:__|_e|_x|_n|esc_html__|esc_html_e|esc_attr__|esc_attr_e)\(", source)
    )
    assert calls == sum(context is None for *_, context in translations.words())


# --- PHP ------------------------------------------------------------------------------------------


@pytest.mark.php
def test_the_plugins_own_tests_pass() -> None:
    phpunit = shutil.which("phpunit")
    assert phpunit
    run = subprocess.run(
        [phpunit, "-c", HERE / "phpunit.xml"], capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stdout[-4000:]
    assert re.search(r"^OK \(\d+ tests", run.stdout, re.M)


def test_a_customer_signed_by_the_plugin_is_read_by_the_application() -> None:
    """RoutesTest.php makes this very text with the plugin's code."""
    signed = "17.2000000000.9d221b6d33ca93ca91bbafeb4405914a7558ba565edf914ee611756e95a1b4da"
    assert signed in (HERE / "RoutesTest.php").read_text(encoding="utf-8")
    now = datetime.fromtimestamp(2000000000 - 3600, UTC)
    assert customer.read([b"customer-key-of-the-shop"], signed, now) == "17"
