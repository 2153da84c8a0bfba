"""What may go wrong between us and a shop, named by what the caller does next.

Each error carries its data and says one sentence for people (`str(error)`). None of them holds a
secret or a query string. Who catches them decides: the scheduler waits, the admin pages show.
"""

from __future__ import annotations


class ConnectorError(Exception):
    """Something about a shop's API or its files that the caller has to act on."""


class TryLater(ConnectorError):
    """The shop is busy or briefly down: ask again in `after_s` seconds, from the same cursor."""

    def __init__(self, after_s: int, why: str) -> None:
        super().__init__(f"{why} Trying again in {after_s} s is enough; nothing is lost.")
        self.after_s = after_s
        self.why = why


class TooMuch(TryLater):
    """The shop did not manage an answer of that size: ask for fewer rows at once, or later."""


class AccessRevoked(ConnectorError):
    """The shop no longer accepts our key: stop syncing and tell the owner; never retry."""

    def __init__(self, why: str) -> None:
        super().__init__(
            f"The shop refuses our access: {why} Give us access there anew, and connect it again."
        )
        self.why = why


class Unreadable(ConnectorError):
    """The shop or the file answered, but not in the shape we read: a person looks at `where`."""

    def __init__(self, where: str, what: str) -> None:
        super().__init__(f"{where}: {what}")
        self.where = where
        self.what = what


class NoSuchPage(Unreadable):
    """A web server answers there, but it knows nothing of what was asked for."""


class Misconfigured(ConnectorError):
    """Something is set up wrong: show `why` and the `mend`, and do not retry by yourself."""

    def __init__(self, why: str, mend: str) -> None:
        super().__init__(f"{why} {mend}")
        self.why = why
        self.mend = mend
