"""Every request has a name: logged, handed back, and the proxy's own where it gave one."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from structlog.contextvars import get_contextvars
from werkzeug.test import Client

from store.request_ids import HEADER, with_request_ids

SEEN: list[str] = []


def inner(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    SEEN.append(get_contextvars()["request"])
    start_response("200 OK", [("Content-Length", "2")])
    return (b"ok",)


def test_a_request_gets_a_name_of_its_own_that_is_logged_and_handed_back() -> None:
    client = Client(with_request_ids(inner))
    names = [client.get("/").headers[HEADER] for _ in range(2)]
    assert SEEN[-2:] == names
    assert names[0] != names[1]
    assert "request" not in get_contextvars()  # the thread's next request is another


def test_a_proxys_name_is_taken_over() -> None:
    given = "req-2026.11_22"
    assert (
        Client(with_request_ids(inner)).get("/", headers={HEADER: given}).headers[HEADER] == given
    )


@pytest.mark.parametrize("given", ["short", "with a space in it", 'quoted"quoted"', "x" * 65])
def test_a_name_that_does_not_belong_into_a_log_is_not(given: str) -> None:
    answer = Client(with_request_ids(inner)).get("/", headers={HEADER: given})
    assert answer.headers[HEADER] != given
