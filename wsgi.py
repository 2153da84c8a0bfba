"""The table of contents of the web application, and of the command line.

`wsgi:app` is the admin application; requests for the storefront's addresses go to an application
of their own, which knows no log-in and no cookie. Commands are registered by import string, so
that a command loads only its own room.
"""

from __future__ import annotations

import importlib
import logging
import os
from collections.abc import Callable, Iterable
from typing import Any

import click
from flask import Flask
from flask.cli import AppGroup

from store import logs, settings
from store.opening import Store, open_store
from store.request_ids import with_request_ids

# First segment of an address -> the storefront answers; everything else is the merchant's.
STOREFRONT = frozenset(
    {"v1", "shelf.js", "shelf-more.js", "healthz", "readyz", "metrics", "openapi.json"}
)

COMMANDS = {
    "sync": "scheduler.commands:sync",
    "import": "scheduler.commands:import_files",
    "train": "scheduler.commands:train",
    "models": "scheduler.commands:models",
    "rollback": "scheduler.commands:rollback",
    "recommend": "widget.commands:recommend",
    "shop": "plugin.commands.shop:shop",
    "experiment": "plugin.commands.experiment:experiment",
    "plan": "plugin.commands.plan:plan",
    "report": "plugin.commands.report:report",
    "letters": "plugin.commands.letters:letters",
    "explain": "plugin.commands.explain:explain",
    "privacy": "plugin.commands.privacy:privacy",
    "doctor": "plugin.commands.doctor:doctor",
    "keys": "plugin.commands.keys:keys",
    "simulate": "plugin.commands.simulate:simulate",
    "setup-link": "plugin.commands.setup_link:setup_link",
    "db": "plugin.commands.db:db",
    "backup": "plugin.commands.backup:backup",
    "restore": "plugin.commands.backup:restore",
}

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Commands(AppGroup):
    """The command groups of the rooms, each imported when it is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return sorted({*super().list_commands(ctx), *COMMANDS})

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return super().get_command(ctx, cmd_name)
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command


def create_app(store: Store | None = None) -> Flask:
    """The whole web application: the merchant's pages, and the storefront in front of them."""
    from plugin.app import create_app as create_admin
    from widget.app import create_app as create_storefront

    store = store or _opened()
    app: Flask = create_admin(store)
    app.cli = Commands()
    # Shopify's app proxy answers with the storefront's own words (plugin/proxy.py).
    storefront = app.extensions["storefront"] = create_storefront(store)
    both = _dispatch(with_request_ids(app.wsgi_app), storefront.wsgi_app)
    app.wsgi_app = both  # type: ignore[assignment, method-assign] # as Flask's docs advise
    return app


def create_command_app() -> Flask:
    """What `flask` runs commands on: the store is open, the web rooms load at a first request."""
    app = Flask("wsgi", static_folder=None)
    app.extensions["store"] = _opened()
    app.cli = Commands()
    whole: list[Flask] = []

    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if not whole:
            whole.append(create_app(app.extensions["store"]))
        return whole[0].wsgi_app(environ, start_response)

    app.wsgi_app = application  # type: ignore[method-assign]
    return app


def _opened() -> Store:
    store = open_store(settings.load())
    # Commands answer on standard output; of their jobs only what is wrong is said beside it.
    logs.configure(store.settings.log_format, logging.WARNING)
    return store


def _dispatch(admin: Wsgi, storefront: Wsgi) -> Wsgi:
    def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        first = environ.get("PATH_INFO", "").lstrip("/").partition("/")[0]
        return (storefront if first in STOREFRONT else admin)(environ, start_response)

    return application


def __getattr__(name: str) -> Flask:
    """`wsgi:app`, made when a server or `flask` asks for it: importing this module does nothing."""
    if name != "app":
        raise AttributeError(name)
    # The `flask` program says so; anything else that asks is a server.
    by_command = os.environ.get("FLASK_RUN_FROM_CLI") == "true"
    made = create_command_app() if by_command else create_app()
    globals()["app"] = made
    return made
