"""The files for supervisors: they can be read, and run what docs/operating.md says is run."""

from __future__ import annotations

import configparser
import re
from pathlib import Path
from typing import Any

import yaml

from store.settings import Settings

ROOT = Path(__file__).parents[1]
DEPLOY = ROOT / "deploy"
OPERATING = (ROOT / "docs" / "operating.md").read_text(encoding="utf-8")


def compose() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text(encoding="utf-8"))
    return found


def test_each_unit_runs_a_command_that_the_docs_name() -> None:
    for unit in ("alongside-web", "alongside-clock", "alongside-trainers@"):
        read = configparser.ConfigParser(strict=False, interpolation=None)
        read.optionxform = str  # type: ignore[assignment, method-assign] # as its docs advise
        read.read_string((DEPLOY / f"{unit}.service").read_text(encoding="utf-8"))
        command = read["Service"]["ExecStart"].removeprefix("/opt/alongside/")
        assert f"`{command}`" in OPERATING
        assert read["Service"]["User"] != "root"


def test_the_compose_file_starts_both_programs_after_the_schema() -> None:
    services = compose()["services"]
    assert services["clock"]["command"] == ["python", "-m", "scheduler"]
    assert services["trainers"]["command"] == ["python", "-m", "scheduler", "trainers"]
    assert services["trainers"]["scale"] == 0  # who wants some says how many
    assert services["schema"]["command"] == ["flask", "db", "upgrade"]
    for name in ("web", "clock", "trainers"):
        waits = services[name]["depends_on"]["schema"]["condition"]
        assert waits == "service_completed_successfully"
    image = (DEPLOY / "Dockerfile").read_text(encoding="utf-8")
    assert '["gunicorn", "-c", "gunicorn.conf.py", "wsgi:app"]' in image
    assert "USER alongside" in image
    for copied in re.findall(r"requirements[\w-]*\.txt", image):
        assert (ROOT / copied).is_file()


def test_every_setting_in_the_compose_file_is_one_that_exists() -> None:
    known = {name.upper() for name in Settings.model_fields} | {"WEB_WORKERS"}
    services = compose()["services"]
    for name in ("schema", "web", "clock", "trainers"):
        assert set(services[name]["environment"]) <= known
