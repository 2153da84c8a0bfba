"""How does a connection make sure whom it reached, and that they are who they say?

The address that was really connected to must be public, unless it is allowed not to be, and a
certificate must be signed by an authority of the public ones or of the owner's own. Nothing here
can be told to do without the certificate.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool, PoolManager
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util.ssl_ import create_urllib3_context

from connectors.addresses import refuse_private
from connectors.errors import Misconfigured


class Adapter(HTTPAdapter):
    """`ca_bundle`: certificates of the owner's own authorities, beside the public ones."""

    def __init__(self, *, allow_private: bool, ca_bundle: Path | None) -> None:
        self._allow_private = allow_private
        self._ca_bundle = ca_bundle
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        if self._ca_bundle:
            # requests adds the public authorities to this context when it connects.
            context = create_urllib3_context()
            context.load_verify_locations(self._ca_bundle)
            kwargs["ssl_context"] = context
        super().init_poolmanager(*args, **kwargs)
        if not self._allow_private:
            manager: PoolManager = self.poolmanager
            manager.pool_classes_by_scheme = {"http": _PublicHTTPPool, "https": _PublicHTTPSPool}


def _checked(connection: HTTPConnection) -> None:
    """Refuses the address that was really reached, before a byte of the request is sent."""
    try:
        refuse_private(str(connection.sock.getpeername()[0]))
    except Misconfigured:
        connection.close()
        raise


class _PublicHTTP(HTTPConnection):
    def connect(self) -> None:
        super().connect()
        _checked(self)


class _PublicHTTPS(HTTPSConnection):
    def connect(self) -> None:
        super().connect()
        _checked(self)


class _PublicHTTPPool(HTTPConnectionPool):
    ConnectionCls = _PublicHTTP


class _PublicHTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _PublicHTTPS
