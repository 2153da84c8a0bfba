"""Which words of the WordPress plugin can be translated, and which are? Its .pot, .po and .mo.

`python -m plugin.translations` reads the words out of the plugin's files, writes them into
`alongside.pot`, brings every `alongside-*.po` up to date with it (what is missing there, a person
fills in) and compiles those to `.mo`. A test does the same and finds nothing changed.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

PLUGIN = Path(__file__).parent / "woocommerce" / "alongside"
LANGUAGES = PLUGIN / "languages"
DOMAIN = "alongside"

# A call as we write it: one text in single quotes, then our domain. HouseTest.php sees to the rest.
_CALL = re.compile(
    r"(?:/\*\s*(?P<note>translators:.*?)\s*\*/\s*)?"
    r"(?P<before>[^\n]*?)\b(?:__|esc_html__|esc_attr__)\(\s*'(?P<text>(?:[^'\\]|\\.)*)',\s*'alongside'\s*\)",
    re.DOTALL,
)
# WordPress translates these of a block by itself, each in a context of its own.
_OF_BLOCKS = {"title": "block title", "description": "block description"}
_KEYWORD = "block keyword"

# Instants would make every run another file.
_WRITTEN_AT = datetime(2026, 11, 22, tzinfo=UTC)


def words() -> Iterator[tuple[str, str, int, str | None, str | None]]:
    """Each text with its file, line, the note for translators and the context, if any."""
    for path in sorted(PLUGIN.rglob("*.php")):
        if path.parent != LANGUAGES:
            source, name = path.read_text(encoding="utf-8"), path.relative_to(PLUGIN).as_posix()
            for found in _CALL.finditer(source):
                line = source.count("\n", 0, found.start("text")) + 1
                text = found["text"].replace("\\'", "'")
                yield text, name, line, found["note"], None
    for path in sorted(PLUGIN.glob("blocks/*/block.json")):
        block, name = json.loads(path.read_text("utf-8")), path.relative_to(PLUGIN).as_posix()
        for field, context in _OF_BLOCKS.items():
            yield block[field], name, 1, None, context
        for keyword in block["keywords"]:
            yield keyword, name, 1, None, _KEYWORD


def template() -> Catalog:
    catalog = _catalog()
    for text, name, line, note, context in words():
        notes = (note,) if note else ()
        catalog.add(text, locations=[(name, line)], auto_comments=notes, context=context)
    return catalog


def translated(path: Path) -> Catalog:
    """A language's file, brought up to date with the words as they are now."""
    with path.open("rb") as file:
        catalog = read_po(file, domain=DOMAIN)
    fresh = _catalog(str(catalog.locale))
    # By the very text and context: a guess from a similar one would be shown to shoppers.
    for message in template():
        if message.id:
            known = catalog.get(message.id, message.context)
            fresh.add(
                message.id,
                known.string if known else "",
                locations=message.locations,
                auto_comments=message.auto_comments,
                context=message.context,
            )
    return fresh


def as_text(catalog: Catalog) -> bytes:
    out = io.BytesIO()
    write_po(out, catalog, width=100, include_previous=False, sort_by_file=True)
    return out.getvalue()


def compiled(catalog: Catalog) -> bytes:
    out = io.BytesIO()
    write_mo(out, catalog)
    return out.getvalue()


def _catalog(locale: str | None = None) -> Catalog:
    return Catalog(
        locale=locale,
        domain=DOMAIN,
        header_comment="# Words of the Alongside plugin. Licence: as the plugin (Apache-2.0).",
        project="Alongside",
        version="for WordPress",
        copyright_holder="The Alongside authors",
        msgid_bugs_address="",
        creation_date=_WRITTEN_AT,
        revision_date=_WRITTEN_AT,
        last_translator="The Alongside authors",
        language_team="The Alongside authors",
        fuzzy=False,
    )


def main() -> None:
    (LANGUAGES / f"{DOMAIN}.pot").write_bytes(as_text(template()))
    for path in sorted(LANGUAGES.glob(f"{DOMAIN}-*.po")):
        catalog = translated(path)
        path.write_bytes(as_text(catalog))
        path.with_suffix(".mo").write_bytes(compiled(catalog))


if __name__ == "__main__":
    main()
