"""Silence of the advisories is never taken for a clean answer."""

from __future__ import annotations

import json
import sys

import pytest

from tests import audit

PYTHON = {
    "dependencies": [
        {"name": "flask", "version": "3.0", "vulns": [{"id": "PYSEC-1", "fix_versions": ["3.1"]}]},
        {"name": "orjson", "version": "3.10", "vulns": []},
    ]
}
NODE = {"auditReportVersion": 2, "vulnerabilities": {"esbuild": {"severity": "moderate"}}}


def saying(told: object) -> list[str]:
    return [sys.executable, "-c", f"print({json.dumps(told)!r}); raise SystemExit(1)"]


def test_what_is_spoken_against_is_named() -> None:
    python, node = audit.python_advisories, audit.node_advisories
    assert audit.advisories(saying(PYTHON), python) == ["flask 3.0: PYSEC-1"]
    skipped = {"dependencies": [{"name": "flask", "skip_reason": "could not be audited"}]}
    assert audit.advisories(saying(skipped), python) is None
    assert audit.advisories(saying(NODE), node) == ["esbuild: moderate"]
    assert audit.advisories(saying({"vulnerabilities": {}}), node) == []


def test_where_nobody_answers_nothing_is_said_to_be_clean(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    offline = saying({"error": {"code": "ENOTFOUND"}})
    asked = {
        "there": (saying(NODE), audit.node_advisories),
        "away": (offline, audit.node_advisories),
    }
    monkeypatch.setattr(audit, "ASKED", asked)
    assert audit.main() == 1
    told = capsys.readouterr().out
    assert "NOT RUN: advisories about away" in told
    assert "esbuild: moderate" in told
    monkeypatch.setattr(audit, "ASKED", {"away": asked["away"]})
    monkeypatch.delenv("STRICT", raising=False)
    assert audit.main() == 0
    monkeypatch.setenv("STRICT", "1")
    assert audit.main() == 1
