"""`python -m demo`: serve the shop, show its API key, place our script as a merchant would."""

from __future__ import annotations

import argparse
import json
import sqlite3
import sys
from pathlib import Path

from demo import build, database
from demo.api import access
from demo.serve import serve


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m demo", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)

    def command(name: str, purpose: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=purpose, description=purpose)
        added.add_argument("--folder", type=Path, required=True, help="where the shop's state lies")
        return added

    serving = command("serve", "Run the shop on 127.0.0.1 until Ctrl-C.")
    serving.add_argument("--port", type=int, default=8100, help="0 takes a free one")
    command("keys", "Print the shop's API key as JSON; made at the first call.")
    placing = command("place-script", "Put the recommendation script into every page.")
    placing.add_argument("--src", required=True, help="address of shelf.js")
    placing.add_argument("--key", required=True, help="the shop's public key, pk_...")
    command("remove-script", "Take the script and its shelves out of the pages again.")

    given = parser.parse_args(arguments)
    if given.command == "serve":
        try:
            serve(given.folder, given.port)
        except OSError as error:
            sys.stderr.write(f"The demo shop could not start on port {given.port}: {error}\n")
            return 1
        return 0
    db = database.connect(build.ensure(given.folder))
    try:
        if given.command == "keys":
            sys.stdout.write(json.dumps(keys(db)) + "\n")
        elif given.command == "place-script":
            place_script(db, given.src, given.key)
        else:
            place_script(db, None, None)
    finally:
        db.close()
    return 0


def keys(db: sqlite3.Connection) -> dict[str, str]:
    """The read and write key of the shop's owner. It lies in the shop's file (mode 0600) only."""
    with database.changing(db):
        row = db.execute(
            "SELECT consumer_key, consumer_secret FROM api_keys WHERE permissions = 'read_write'"
        ).fetchone()
        key, secret = row or access.new_key(db)
    url = database.fact(db, "home_url") or build.DEFAULT_HOME
    return {"consumer_key": key, "consumer_secret": secret, "url": url}


def place_script(db: sqlite3.Connection, src: str | None, key: str | None) -> None:
    with database.changing(db):
        database.settle(db, "script_src", src)
        database.settle(db, "script_key", key)


if __name__ == "__main__":
    sys.exit(main())
