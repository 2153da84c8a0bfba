"""What does a product look like? The data has no photographs: a picture is drawn from the title.

The words of a title choose the thing (`motifs.svg`), its colour and its pattern, so a "Red
Retrospot Mug" is a red mug with dots. What the title leaves open, a hash of the product decides:
the same product looks the same everywhere, and neighbours on a shelf differ.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path
from xml.sax.saxutils import escape

HERE = Path(__file__).parent
GROUP = re.compile(r'^<g id="(\w+)" data-words="([^"]+)">\n(.*?)^</g>', re.DOTALL | re.MULTILINE)

# name in a title -> main, dark, light
COLOURS = {
    "red": ("#c8443c", "#8f2b26", "#f3cdc6"),
    "pink": ("#e08fa3", "#b05a72", "#fbe3e8"),
    "blue": ("#5d8fb8", "#38618a", "#d5e6f2"),
    "green": ("#6f9f74", "#44704b", "#dcebd9"),
    "purple": ("#8f78b3", "#614b87", "#e5dcf1"),
    "amethyst": ("#8f78b3", "#614b87", "#e5dcf1"),
    "yellow": ("#e7b945", "#b5852a", "#fbeec6"),
    "gold": ("#cfa54b", "#987329", "#f5e6bf"),
    "orange": ("#e08a4a", "#aa5c25", "#fbe0c8"),
    "amber": ("#d9923f", "#a16522", "#fae3c4"),
    "brown": ("#9b7653", "#6a4c32", "#ead9c7"),
    "chocolate": ("#8a6246", "#5c3e29", "#e7d3c2"),
    "wooden": ("#b98d5f", "#80592f", "#f0e0ca"),
    "wood": ("#b98d5f", "#80592f", "#f0e0ca"),
    "wicker": ("#bd955f", "#876231", "#f1e2c6"),
    "silver": ("#a9b4bb", "#727f88", "#eef2f4"),
    "zinc": ("#9fabb2", "#6a777f", "#e9eef1"),
    "metal": ("#93a1a8", "#5f6d75", "#e6ebee"),
    "black": ("#4a4a52", "#2b2b31", "#d9d9de"),
    "ivory": ("#e9dcc0", "#b39e74", "#fdf8ec"),
    "cream": ("#ecdfc3", "#b8a274", "#fdf9ee"),
    "white": ("#f2efe8", "#b9b2a3", "#ffffff"),
    "turquoise": ("#58b0ae", "#2f7b7a", "#d3efec"),
    "turq": ("#58b0ae", "#2f7b7a", "#d3efec"),
    "aqua": ("#6db9c4", "#3d8591", "#d8f0f3"),
    "lilac": ("#b39ccb", "#7f659c", "#efe6f6"),
    "lavender": ("#a596cc", "#70609c", "#ebe6f6"),
    "mint": ("#8fc3a9", "#5a9178", "#e1f2e9"),
    "strawberry": ("#d4525a", "#97303a", "#f8d3d3"),
    "christmas": ("#b8433f", "#7d2926", "#f4d0c9"),
}
ANY_COLOUR = ("red", "pink", "blue", "green", "purple", "yellow", "orange", "turquoise", "mint")
BACKGROUNDS = (
    ("#f6ece0", "#efdfcd"),
    ("#e8efe6", "#d9e6d6"),
    ("#f7e7e4", "#f0d7d2"),
    ("#e5eef3", "#d4e3ec"),
    ("#eee8f3", "#e1d8eb"),
    ("#f7f0d9", "#efe4bf"),
    ("#e3f0ee", "#d0e5e1"),
    ("#f3ebe6", "#e6d9d0"),
)
PATTERNS = {
    "dots": "retrospot|polkadot|spot|spots|spotty|polka|dotty",
    "stripes": "stripe|stripes|striped|stripey|deckchair",
    "checks": "gingham|check|checked|tartan|union jack|union",
    "petals": "paisley|floral|flower|flowers|rose|roses|daisy|blossom|botanical|bloom|lace|baroque",
    "hearts": "heart|hearts|love|sweetheart",
    "stars": "star|stars|circus|spaceboy|christmas|xmas",
}
TILES = {
    "dots": '<circle cx="16" cy="16" r="9"/><circle cx="44" cy="44" r="9"/>',
    "stripes": '<rect width="20" height="60"/>',
    "checks": '<path d="M0 0h30v60H0z" opacity=".5"/><path d="M0 0h60v30H0z" opacity=".5"/>',
    "petals": (
        '<circle cx="20" cy="13" r="7"/><circle cx="29" cy="20" r="7"/>'
        '<circle cx="25" cy="31" r="7"/><circle cx="14" cy="31" r="7"/>'
        '<circle cx="11" cy="20" r="7"/><circle cx="48" cy="50" r="5"/>'
    ),
    "hearts": '<path d="M20 18c-7-13-24-5-17 9 4 7 12 11 17 16 5-5 13-9 17-16 7-14-10-22-17-9z"/>',
    "stars": '<path d="M22 6l5 11 12 1-9 8 3 12-11-6-11 6 3-12-9-8 12-1z"/>',
}
# Things that are their own pattern: hearts on a heart are too much.
PLAIN = {"heart", "star", "flower", "butterfly", "necklace", "ring", "earrings", "lights", "glass"}
SET = re.compile(r"\b(?:set|pack|box|s)\s*(?:of|/)?\s*(\d+|two|three|four|six|twelve)\b", re.I)
# Drawn when no word of a title says what it is, by the slug of the category.
OF_CATEGORY = {
    "jewellery": "ring",
    "bags-travel": "bag",
    "candles-lighting": "holder",
    "stationery-craft": "notebook",
    "toys-games": "blocks",
    "christmas": "bauble",
    "tableware": "plate",
    "storage-furniture": "box",
    "cards-wrap": "card",
    "signs-wall-art": "sign",
    "tea-coffee": "mug",
    "easter": "egg",
    "decorations": "flower",
    "kitchen-dining": "utensils",
    "baking": "cupcake",
    "garden": "plant",
    "clocks-mirrors": "clock",
    "cushions-throws": "cushion",
    "bath-beauty": "soap",
    "photo-frames": "frame",
    "celebrations": "balloon",
    "home-living": "box",
}


def _words(alternatives: str) -> re.Pattern[str]:
    parts = "|".join(re.escape(word) for word in alternatives.split("|"))
    return re.compile(rf"(?<![\w-])(?:{parts})(?![\w-])", re.IGNORECASE)


_GROUPS = GROUP.findall((HERE / "motifs.svg").read_text(encoding="utf-8"))
_DRAWINGS = {name: drawing for name, _, drawing in _GROUPS}
_NAMED = {name: _words(words) for name, words, _ in _GROUPS}
_PATTERNED = {name: _words(words) for name, words in PATTERNS.items()}
_COLOURED = _words("|".join(COLOURS))


def draw(id: int, title: str, category_slug: str) -> str:
    """The picture of a product, as an SVG document."""
    chance = hashlib.sha256(f"{id} {category_slug}".encode()).digest()
    motif = next(
        (name for name, words in _NAMED.items() if words.search(title)),
        OF_CATEGORY.get(category_slug, "wrap"),
    )
    named = _COLOURED.search(title)
    colour = named[0].lower() if named else ANY_COLOUR[chance[0] % len(ANY_COLOUR)]
    main, dark, light = COLOURS[colour]
    ground, table = BACKGROUNDS[chance[1] % len(BACKGROUNDS)]
    pattern = next((name for name, words in _PATTERNED.items() if words.search(title)), None)
    fill, definition = main, ""
    if pattern and motif not in PLAIN:
        fill = "url(#p)"
        definition = (
            '<defs><pattern id="p" width="60" height="60" patternUnits="userSpaceOnUse">'
            f'<rect width="60" height="60" fill="{main}"/><g fill="{light}">{TILES[pattern]}</g>'
            "</pattern></defs>"
        )
    thing = (
        _DRAWINGS[motif].replace("MAIN", fill).replace("DARK", dark).replace("LIGHT", light).strip()
    )
    return (
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 600 600" role="img">'
        f"<title>{escape(title)}</title>{definition}"
        f'<rect width="600" height="600" fill="{ground}"/>'
        f"{_backdrop(chance[2], table)}"
        f"{_placed(thing, dark, several=bool(SET.search(title)), lean=chance[3])}</svg>"
    )


def _backdrop(kind: int, table: str) -> str:
    """The second tone: a table, an arch or a sun, so that a shelf of pictures is not a wall."""
    return (
        f'<rect y="410" width="600" height="190" fill="{table}"/>',
        f'<path d="M110 600V310a190 190 0 0 1 380 0v290z" fill="{table}"/>',
        f'<circle cx="300" cy="310" r="232" fill="{table}"/>',
    )[kind % 3]


def _placed(thing: str, shadow: str, *, several: bool, lean: int) -> str:
    under = f'<ellipse cx="300" cy="462" rx="150" ry="15" fill="{shadow}" opacity=".18"/>'
    if not several:
        return f'{under}<g transform="rotate({lean % 7 - 3} 300 320)">{thing}</g>'
    # A set: two smaller ones behind.
    wide = under.replace('rx="150"', 'rx="225"')
    return (
        f'{wide}<g transform="translate(-18 180) scale(.6)">{thing}</g>'
        f'<g transform="translate(258 180) scale(.6)">{thing}</g>'
        f'<g transform="translate(63 104) scale(.79)">{thing}</g>'
    )
