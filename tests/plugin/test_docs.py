"""docs/ says what the product does: every command, option and finding, and tests that exist."""

from __future__ import annotations

import importlib
import re
from pathlib import Path

import click
import pytest

import wsgi
from plugin import findings

ROOT = Path(__file__).parents[2]
COMMANDS = (ROOT / "docs" / "commands.md").read_text(encoding="utf-8")
SECURITY = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")


def leaves(command: click.Command, name: str) -> list[tuple[str, click.Command]]:
    if isinstance(command, click.Group):
        return [
            leaf for word, sub in command.commands.items() for leaf in leaves(sub, f"{name} {word}")
        ]
    return [(name, command)]


@pytest.mark.parametrize("name", sorted(wsgi.COMMANDS))
def test_every_command_and_option_stands_in_docs_commands(name: str) -> None:
    module, _, attribute = wsgi.COMMANDS[name].partition(":")
    for words, command in leaves(getattr(importlib.import_module(module), attribute), name):
        assert f"flask {words}" in COMMANDS
        for parameter in command.params:
            for option in parameter.opts:
                if option.startswith("--") and option != "--json":
                    assert option in COMMANDS, f"{words} {option}"


def test_every_finding_of_the_doctor_stands_in_docs_commands() -> None:
    code = Path(findings.__file__).read_text(encoding="utf-8")
    named = set(re.findall(r'^ +"([a-z]+(?:-[a-z]+)+)",', code, flags=re.M))
    named |= set(re.findall(r'Finding\(\s*"([a-z-]+)"|found\(\s*"([a-z-]+)"', code)[0])
    assert len(named) > 20
    for finding in named - {""}:
        assert f"`{finding}`" in COMMANDS


def test_every_test_that_the_threat_model_names_exists() -> None:
    tests = "\n".join(p.read_text(encoding="utf-8") for p in (ROOT / "tests").rglob("test_*.py"))
    named = set(re.findall(r"`(test_\w+)`", SECURITY))
    assert len(named) >= 20
    for name in named:
        assert f"def {name}(" in tests, name
