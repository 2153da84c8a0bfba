"""Settings that name files are checked when a process starts."""

from __future__ import annotations

from pathlib import Path

import certifi
import pytest
from pydantic import ValidationError

from store.settings import Settings


def test_authorities_of_the_owners_own_are_read_at_start() -> None:
    given = Settings(_env_file=None, ca_bundle=certifi.where())  # type: ignore[call-arg, arg-type]
    assert given.ca_bundle == Path(certifi.where())


@pytest.mark.parametrize("content", [None, "", "no certificate"])
def test_a_file_that_holds_no_authority_is_named(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "own.pem"
    if content is not None:
        path.write_text(content)
    with pytest.raises(ValidationError, match=r"own\.pem is not a file of certificates"):
        Settings(_env_file=None, ca_bundle=path)  # type: ignore[call-arg]
