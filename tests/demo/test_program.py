"""`python -m demo`: serves, tells its key, places the script, and stops when asked."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests
from requests_oauthlib import OAuth1

from demo import __main__ as commands

TIMEOUT_S = 30


@pytest.fixture
def folder(built: Path, tmp_path: Path) -> Path:
    (tmp_path / "shop.sqlite3").write_bytes((built / "shop.sqlite3").read_bytes())
    return tmp_path


@pytest.fixture
def served(folder: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    process = subprocess.Popen(
        [sys.executable, "-m", "demo", "serve", "--folder", str(folder), "--port", "0"],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout
    ready = re.search(r"http://127\.0\.0\.1:\d+", process.stdout.readline())
    assert ready
    yield process, ready[0]
    process.kill()
    process.wait()
    process.stdout.close()


def tell(capsys: pytest.CaptureFixture[str], folder: Path) -> dict[str, str]:
    assert commands.main(["keys", "--folder", str(folder)]) == 0
    told: dict[str, str] = json.loads(capsys.readouterr().out)
    return told


def test_the_key_is_made_once_and_opens_the_served_api(
    served: tuple[subprocess.Popen[str], str], folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    process, address = served
    keys = tell(capsys, folder)
    assert keys == tell(capsys, folder)
    assert keys["url"] == address
    auth = OAuth1(keys["consumer_key"], keys["consumer_secret"], signature_method="HMAC-SHA256")

    def ask(page: int) -> int:
        answer = requests.get(
            f"{address}/wp-json/wc/v3/orders",
            params={"per_page": 20, "page": page},
            auth=auth,
            timeout=TIMEOUT_S,
        )
        assert answer.status_code == 200, answer.text
        return len(answer.json())

    with ThreadPoolExecutor(4) as pool:  # many at once, each leaving its nonce
        assert sum(pool.map(ask, range(1, 16))) == 300
    commands.main(
        ["place-script", "--folder", str(folder), "--src", "http://x/shelf.js", "--key", "pk_x"]
    )
    assert 'data-key="pk_x"' in requests.get(address, timeout=TIMEOUT_S).text
    commands.main(["remove-script", "--folder", str(folder)])
    assert "shelf.js" not in requests.get(address, timeout=TIMEOUT_S).text
    process.send_signal(signal.SIGTERM)
    assert process.wait(TIMEOUT_S) == 0


def test_ctrl_c_stops_it_too(served: tuple[subprocess.Popen[str], str]) -> None:
    process, _ = served
    process.send_signal(signal.SIGINT)
    assert process.wait(TIMEOUT_S) == 0


def test_a_port_that_is_taken_is_told_in_one_sentence(
    served: tuple[subprocess.Popen[str], str], folder: Path
) -> None:
    port = served[1].rsplit(":", 1)[1]
    second = subprocess.run(
        [sys.executable, "-m", "demo", "serve", "--folder", str(folder), "--port", port],
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    assert second.returncode == 1
    assert f"could not start on port {port}" in second.stderr
    assert "Traceback" not in second.stderr
