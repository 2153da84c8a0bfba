"""What every page shares: its frame's data, and how numbers, instants and words are written."""

from __future__ import annotations

from typing import Any

from flask import Flask, g

from plugin import session, words
from plugin.access import may
from plugin.numbers import Numbers


def install(app: Flask) -> None:
    app.jinja_env.trim_blocks = True
    app.jinja_env.lstrip_blocks = True
    app.jinja_env.globals.update(words=words)

    @app.context_processor
    def frame() -> dict[str, Any]:
        shop = g.get("shop")
        return {
            "person": session.person,  # called by the frame only: refusals may not ask the store
            "shop": shop,
            "may": may,
            "say": Numbers.of(shop) if shop else None,
        }
