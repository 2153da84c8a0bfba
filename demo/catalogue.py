"""What is a product called in this shop, and in which category does it stand?

The data has titles in capitals and no categories. Both are derived here by fixed rules, once, when
the shop is built, so that the API and the pages agree. Nothing else is invented: no vendor, type,
tags or reviews.

The category table is `data/categories.csv`: id, name, parent, turn and words. A product belongs to
the first category, in order of turn, that has a word of its title (`candle*` also fits CANDLES).
"""

from __future__ import annotations

import csv
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

DATA = Path(__file__).parent / "data"

# Words that stay small inside a title, and words that are names of their own.
SMALL = frozenset("a an and as at by de for from in la le of on or per the to with w x".split())
CAPITALS = frozenset("CD D DIY II III L LED M MP NY O P S T TV UK USA USB VIP XL XXL".split())
UNIT = re.compile(r"(?<=\d)(CM|MM|M|G|GM|KG|ML|L|W|V|PC|PCS|ST|ND|RD|TH)\b", re.IGNORECASE)
WORD = re.compile(r"(?<=\d)'[sS]\b|[A-Za-z]+(?:'[A-Za-z]+)*")


def readable(title: str) -> str:
    """`readable("SET OF 3 MUM'S T-LIGHT JARS  10CM") == "Set of 3 Mum's T-Light Jars 10cm"`."""
    title = re.sub(r"\s+", " ", title).strip(" *.")
    title = re.sub(r",(?=[A-Za-z])", ", ", title)
    capitals = sum(letter.isupper() for letter in title)
    if capitals * 2 < sum(letter.isalpha() for letter in title):
        return title  # written by a person already

    def cased(match: re.Match[str]) -> str:
        word, start = match[0], match.start()
        after = title[match.end() : match.end() + 1]
        alone = start > 0 and title[start - 1] in "\"'" and len(word) == 1  # LETTER "K"
        if start > 0 and title[start - 1].isdigit():  # 50's, 24x12
            return word.lower()
        if word.upper() in CAPITALS or alone or (len(word) == 1 and after.isdigit()):  # A4
            return word.upper()
        inside = start > 0 and title[start - 1] == " " and after in (" ", "-")
        if word.lower() in SMALL and inside:
            return word.lower()
        return word[0].upper() + word[1:].lower()

    return UNIT.sub(lambda unit: unit[0].lower(), WORD.sub(cased, title))


def slug(title: str) -> str:
    """The title as it stands in an address."""
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain.replace("'", "")).strip("-") or "product"


@dataclass(frozen=True, slots=True)
class Category:
    id: int
    name: str
    parent: int  # 0 at the top
    slug: str


def _read() -> tuple[tuple[Category, ...], dict[int, re.Pattern[str]]]:
    with (DATA / "categories.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    deciding = sorted((row for row in rows if row["turn"]), key=lambda row: int(row["turn"]))
    return (
        tuple(
            Category(int(row["id"]), row["name"], int(row["parent"] or 0), slug(row["name"]))
            for row in rows
        ),
        {int(row["id"]): _pattern(row["words"]) for row in deciding},
    )


def _pattern(words: str) -> re.Pattern[str]:
    parts = (re.escape(word).replace(r"\*", r"\w*") for word in words.split("|"))
    return re.compile(rf"(?<![\w-])(?:{'|'.join(parts)})(?![\w-])", re.IGNORECASE)


# As the menu shows them; and who decides, in order of turn: a Christmas card is Christmas.
CATEGORIES, _DECIDING = _read()
GIFTS = next(category.id for category in CATEGORIES if category.slug == "gifts")


def category_of(title: str) -> int:
    """The id of the one category a title belongs to; Gifts when no word of the table matches."""
    return next((id for id, words in _DECIDING.items() if words.search(title)), GIFTS)


BY_ID = {category.id: category for category in CATEGORIES}


def description(name: str, sku: str, category: Category) -> str:
    """All that is known of a product, in a sentence: nothing is made up."""
    return f"{name}, from our {category.name} range. Item code {sku}."


def children(id: int) -> list[Category]:
    return [category for category in CATEGORIES if category.parent == id]
