"""Does the running server only ever answer what /openapi.json says it does?

Schemathesis makes requests from the description: right ones, and wrong in every way it knows. A
sample here; `make prove PART=schemathesis` asks 2,000 of each operation. Half of the requests name
the real shop, or everything would end at "no shop has this key".
"""

from __future__ import annotations

import logging
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis import Case
from schemathesis.checks import CHECKS, load_all_checks
from werkzeug.serving import make_server

import wsgi
from store import engine as engines
from store.engine import reading
from store.reads import shops
from tests.shops import NAME, open_store
from widget import openapi

CASES = int(os.environ.get("PROVE_CASES", "50"))

# What concerns answers; that a wrong request is refused at all is told apart by `query.read`'s own
# tests, since unknown parameters and empty values are ignored on purpose.
load_all_checks()  # else only those are known that somebody's import brought
CHECKED = [
    CHECKS.get_one(name)
    for name in (
        "not_a_server_error",
        "status_code_conformance",
        "content_type_conformance",
        "response_headers_conformance",
        "response_schema_conformance",
    )
]

api = schemathesis.openapi.from_dict(openapi.document())


@pytest.fixture(scope="module")
def server(
    trained_file: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[str, str]]:
    """The whole application on a port of its own: its address, and the key of its shop."""
    path = tmp_path_factory.mktemp("fuzzed") / "store.sqlite"
    shutil.copy(trained_file, path)
    store = open_store(engines.open(f"sqlite:///{path}"))
    with reading(store.engine) as connection:
        key = shops.find(connection, NAME).key
    logging.getLogger("werkzeug").setLevel(logging.CRITICAL)
    running = make_server("127.0.0.1", 0, wsgi.create_app(store), threaded=True)
    thread = threading.Thread(target=running.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{running.port}", key
    running.shutdown()
    thread.join()
    running.server_close()
    store.engine.dispose()


@api.parametrize()
@settings(
    max_examples=CASES,
    deadline=None,
    derandomize=CASES == 50,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
def test_no_answer_is_undocumented_and_none_a_fault_of_ours(
    case: Case, server: tuple[str, str]
) -> None:
    address, key = server
    if len(str(case.query) + str(case.body)) % 2 and case.path_parameters:
        case.path_parameters["key"] = key
    case.call_and_validate(base_url=address, checks=list(CHECKED))
