"""Run a command of `flask` in a test, on a store of the test's own."""

from __future__ import annotations

import importlib
import json
import logging
from typing import Any

import click
from click.testing import Result
from flask import Flask

import wsgi
from store import logs
from store.opening import Store


def run(store: Store, *line: str) -> Result:
    """What `flask LINE` prints and how it ends; each command is found as `flask` finds it."""
    module, _, name = wsgi.COMMANDS[line[0]].partition(":")
    command: click.Command = getattr(importlib.import_module(module), name)
    logs.configure("console", logging.WARNING)
    app = Flask("commands")
    app.extensions["store"] = store
    with app.app_context():  # as `flask` itself holds one around every command
        return app.test_cli_runner().invoke(command, list(line[1:]))


def told(store: Store, *line: str) -> Any:
    """The JSON that a command prints when all is well."""
    result = run(store, *line, "--json")
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)
