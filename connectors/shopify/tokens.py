"""Which token is good now, when tokens end after an hour or a day and several processes use one?

The credentials of a shop are texts that the store keeps wrapped. A token near its end is renewed
under the shop's lock, so that one process asks and the others find the new one saved; it is saved
before it is used, because the refresh token that asked for it is spent.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

from connectors import http
from connectors.errors import AccessRevoked
from connectors.shopify import access
from connectors.shopify.access import App, Grant

# A token is renewed this long before its end: longer than any one question may take.
EARLY = timedelta(minutes=5)

Credentials = dict[str, str]
# Runs a renewal under the shop's lock, on what is saved there; saves what it gives (None: nothing
# to change) and gives what then is saved.
Locked = Callable[[Callable[[Credentials], Credentials | None]], Credentials]


def kept(shop_url: str, app: App, grant: Grant) -> Credentials:
    """What is saved of a shop's access. Without a refresh token or an end, it is as it is."""
    texts = {
        "url": shop_url,
        "client_id": app.client_id,
        "client_secret": app.client_secret,
        "access_token": grant.access_token,
        "expires_at": grant.expires_at.isoformat() if grant.expires_at else "",
        "refresh_token": grant.refresh_token or "",
        "scopes": ",".join(sorted(grant.scopes)),
    }
    return {name: text for name, text in texts.items() if text}


class Tokens:
    """Called by `Api` before each question. `app`: whose token it is, where the credentials do not
    say; `now`: the clock."""

    def __init__(
        self,
        opened: Mapping[str, str],
        locked: Locked,
        session: http.Session,
        *,
        app: App | None = None,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._opened = dict(opened)
        self._locked = locked
        self._session = session
        self._app = app
        self._now = now

    def __call__(self, refused: str | None) -> str:
        if not self._good(self._opened, refused):
            self._opened = self._locked(lambda saved: self._renewed(saved, refused))
        return self._opened["access_token"]

    def _good(self, opened: Mapping[str, str], refused: str | None) -> bool:
        token, ends = opened.get("access_token"), opened.get("expires_at")
        if not token or token == refused:
            return False
        return not ends or datetime.fromisoformat(ends) - EARLY > self._now()

    def _renewed(self, saved: Credentials, refused: str | None) -> Credentials | None:
        """Somebody else may have been first: then what they saved is taken."""
        if self._good(saved, refused):
            return None
        app = self._app or App(saved.get("client_id", ""), saved.get("client_secret", ""))
        if "refresh_token" in saved:
            grant = access.refresh(self._session, saved["url"], app, saved["refresh_token"])
        elif "access_token" in saved and "expires_at" not in saved:
            raise AccessRevoked("the app was uninstalled, or its consent withdrawn.")
        else:
            grant = access.client_credentials(self._session, saved["url"], app)
        fresh = kept(saved["url"], app, grant)
        return {**{name: text for name, text in saved.items() if name not in _GRANTED}, **fresh}


_GRANTED = ("access_token", "expires_at", "refresh_token", "scopes")
