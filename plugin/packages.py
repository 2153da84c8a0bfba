"""What does an owner install in the shop? Writes the packages into `build/`: `make packages`.

A package is made of the files of its folder and of the built widget (`widget/dist`), so that the
shop serves the same bytes as we do. The same files give the same package, byte for byte: the order
is that of the names, the instants are fixed, and nothing is compressed, because compressors differ
from machine to machine while a few hundred kilobytes matter to nobody.
"""

from __future__ import annotations

import sys
import tomllib
import zipfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[1]
WIDGET = ROOT / "widget" / "dist"
SCRIPTS = ("shelf.js", "shelf-more.js")
SHOPIFY_APP = ("README.md", "package.json", "shopify.app.toml")

# The oldest instant that a zip can tell.
INSTANT = (1980, 1, 1, 0, 0, 0)
FILE_MODE = 0o100644

Files = Iterator[tuple[str, bytes]]


def version() -> str:
    """Ours: one number for the application and its packages."""
    told = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    return str(told["project"]["version"])


def woocommerce() -> Files:
    """The WordPress plugin, as WordPress unpacks it into wp-content/plugins.

    The widget lies in a folder named after the version: browsers and CDNs keep files by their
    address, and a new shelf.js must never meet an older shelf-more.js.
    """
    folder = ROOT / "plugin" / "woocommerce" / "alongside"
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield f"alongside/{path.relative_to(folder).as_posix()}", path.read_bytes()
    for name in SCRIPTS:
        yield f"alongside/assets/{version()}/{name}", (WIDGET / name).read_bytes()
    yield "alongside/LICENSE", (ROOT / "LICENSE").read_bytes()


def shopify() -> Files:
    """The Shopify app, ready for `shopify app deploy`; the widget lies among the theme extension's
    assets, which Shopify serves under an address of their own for each deployment.
    """
    folder = ROOT / "plugin" / "shopify"
    yield from ((f"alongside-shopify/{name}", (folder / name).read_bytes()) for name in SHOPIFY_APP)
    for path in sorted((folder / "extensions").rglob("*")):
        if path.is_file() and "node_modules" not in path.parts:
            yield f"alongside-shopify/{path.relative_to(folder).as_posix()}", path.read_bytes()
    for name in SCRIPTS:
        assets = "alongside-shopify/extensions/alongside-shelves/assets"
        yield f"{assets}/{name}", (WIDGET / name).read_bytes()
    yield "alongside-shopify/LICENSE", (ROOT / "LICENSE").read_bytes()


# Name of the package's file (with the version in place of {}) -> what lies in it.
PACKAGES: Mapping[str, Callable[[], Files]] = {
    "alongside-{}.zip": woocommerce,
    "alongside-shopify-{}.zip": shopify,
}


def write(build: Path) -> list[Path]:
    """Every package, in the folder `build`."""
    build.mkdir(parents=True, exist_ok=True)
    written = []
    for name, files in PACKAGES.items():
        path = build / name.format(version())
        _zip(path, dict(files()))
        written.append(path)
    return written


def _zip(path: Path, files: Mapping[str, bytes]) -> None:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as package:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, INSTANT)
            entry.create_system = 3  # Unix, on every machine: the mode below is read as such
            entry.external_attr = FILE_MODE << 16
            package.writestr(entry, files[name])


if __name__ == "__main__":
    for made in write(Path(sys.argv[1]) if len(sys.argv) > 1 else ROOT / "build"):
        sys.stdout.write(f"{made}\n")
