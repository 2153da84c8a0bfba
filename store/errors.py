"""The base of errors that a person is told as they are: one sentence that says what to do."""

from __future__ import annotations

import click


class Explained(click.ClickException):
    """Its message is complete: pages show it as it is, commands print it and exit with 1."""
