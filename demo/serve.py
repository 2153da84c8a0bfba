"""How does the shop run as a program? One process, a thread per connection, loopback only."""

from __future__ import annotations

import signal
import socket
import sys
import threading
from pathlib import Path

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from demo import database
from demo.app import create_app
from demo.deliver import Sender

HOST = "127.0.0.1"  # sample credentials and no TLS: never for other machines


class Quiet(WSGIRequestHandler):
    """No access log: addresses of this API hold signatures. Errors are still told."""

    protocol_version = "HTTP/1.1"  # keeps connections, as real shops do

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        pass


def serve(folder: Path, port: int) -> None:
    """Until SIGTERM or SIGINT. Port 0 takes a free one; the ready line tells which."""
    app = create_app(folder)
    listening = socket.create_server((HOST, port))
    server = make_server(
        HOST, port, app, threaded=True, request_handler=Quiet, fd=listening.fileno()
    )
    address = f"http://{HOST}:{listening.getsockname()[1]}"
    app.config["SHOP_HOME"] = address
    db = database.connect(app.config["SHOP_FILE"])
    database.settle(db, "home_url", address)
    db.close()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: _stop(server))
    sys.stdout.write(f"The demo shop is ready at {address}/\n")
    sys.stdout.flush()
    sender = Sender(app)
    sender.start()
    server.serve_forever()
    server.server_close()
    listening.close()
    sender.stop()


def _stop(server: BaseWSGIServer) -> None:
    # shutdown() waits for the serving loop, which this very thread runs: another one must ask.
    threading.Thread(target=server.shutdown, daemon=True).start()
