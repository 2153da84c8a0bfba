"""Which copies of a WooCommerce picture go to a shelf, and what is known of its shape."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.woocommerce.pictures import picture
from store.records import Image

AT = "https://shop.example/cup"


def told(src: str = f"{AT}.jpg", **more: Any) -> Image | None:
    return picture([{"src": src, **more}])


def test_two_of_the_copies_are_wide_enough_and_no_wider_than_needed() -> None:
    copies = [(900, ""), (150, "-150x100"), (450, "-450x300"), (300, "-300x200"), (768, "-768x512")]
    srcset = ", ".join(f"{AT}{name}.jpg {width}w" for width, name in copies)
    assert told(srcset=srcset) == Image(
        f"{AT}.jpg", 900, 600, f"{AT}-300x200.jpg 300w, {AT}-450x300.jpg 450w"
    )


@pytest.mark.parametrize(
    ("srcset", "found"),
    [
        (None, Image(f"{AT}.jpg")),
        ("", Image(f"{AT}.jpg")),
        (["x"], Image(f"{AT}.jpg")),
        (f"{AT}-100x100.jpg 100w", Image(f"{AT}.jpg")),  # none is wide enough
        ("javascript:x 300w", Image(f"{AT}.jpg")),
        # A comma within an address, and names that say nothing of a size.
        (
            f"{AT}/a,b.jpg 400w, {AT}.jpg 800w",
            Image(f"{AT}.jpg", None, None, f"{AT}/a,b.jpg 400w"),
        ),
        (f"{AT}-0x0.jpg 0w, {AT}.jpg 0w", Image(f"{AT}.jpg")),
    ],
)
def test_what_is_not_told_is_not_made_up(srcset: Any, found: Image) -> None:
    assert told(srcset=srcset) == found


@given(
    st.text() | st.lists(st.sampled_from([AT, ".jpg", " ", "300w", ",", "-3x2", "0w"])).map("".join)
)
def test_nothing_that_a_plugin_puts_there_breaks_a_product(srcset: str) -> None:
    assert told(srcset=srcset)
    assert picture([{"src": srcset, "srcset": srcset}]) is None or srcset


def test_no_picture_is_none() -> None:
    assert picture([]) is None
    assert picture([{"src": ""}]) is None
    assert picture([{"src": None}]) is None
