"""How does the shop run as a program? One process, a thread per connection, loopback only."""

from __future__ import annotations

import signal
import sys
import threading
from pathlib import Path

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from demo import database
from demo.app import create_app

HOST = "127.0.0.1"  # sample credentials and no TLS: never for other machines


class Quiet(WSGIRequestHandler):
    """No access log: addresses of this API hold signatures. Errors are still told."""

    protocol_version = "HTTP/1.1"  # keeps connections, as real shops do

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


def serve(folder: Path, port: int) -> None:
    """Until SIGTERM or SIGINT. Port 0 takes a free one; the ready line tells which."""
    app = create_app(folder)
    server = make_server(HOST, port, app, threaded=True, request_handler=Quiet)
    address = f"http://{HOST}:{server.server_port}"
    app.config["SHOP_HOME"] = address
    db = database.connect(app.config["SHOP_FILE"])
    database.settle(db, "home_url", address)
    db.close()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: _stop(server))
    sys.stdout.write(f"The demo shop is ready at {address}/\n")
    sys.stdout.flush()
    server.serve_forever()
    server.server_close()


def _stop(server: BaseWSGIServer) -> None:
    # shutdown() waits for the serving loop, which this very thread runs: another one must ask.
    threading.Thread(target=server.shutdown, daemon=True).start()
