"""What turns secrets into rows and back: the ring that wraps them, and the hashes of people.

`SECRET_KEYS` only ever wraps: each shop's own keys and its platform credentials. The shop's
pepper hashes identifiers and is never rotated, or nobody would be recognised again.
"""

from __future__ import annotations

import base64
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from store.settings import INSTANCE, Settings, WrongSettings

DIGEST_BYTES = 16  # 128 bits: no two of a shop's visitors will ever share one


class Ring:
    """Wraps and unwraps with SECRET_KEYS: the newest wraps, all of them unwrap."""

    def __init__(self, keys: list[str]) -> None:
        try:
            self._fernets = [Fernet(key) for key in keys]
        except ValueError:
            raise WrongSettings(
                "SECRET_KEYS holds something that is not a Fernet key (44 characters of URL-safe "
                'base64). Make one with `python -c "from cryptography.fernet import Fernet as F; '
                'print(F.generate_key().decode())"`'
            ) from None
        self._ring = MultiFernet(self._fernets)
        self._keys = [base64.urlsafe_b64decode(key) for key in keys]

    def wrap(self, secret: bytes) -> bytes:
        return self._ring.encrypt(secret)

    def unwrap(self, wrapped: bytes) -> bytes:
        try:
            return self._ring.decrypt(wrapped)
        except InvalidToken:
            raise WrongSettings(
                "A stored secret was wrapped by a key that is no longer in SECRET_KEYS (or in "
                "instance/secret.key). Put the old key back, behind the new one."
            ) from None

    def rewrap(self, wrapped: bytes) -> bytes:
        """The same secret, wrapped by the newest key."""
        return self._ring.rotate(wrapped)

    def derive(self, purpose: str) -> list[bytes]:
        """32 bytes for `purpose` from each key, the newest first: nothing of one purpose helps
        anybody who learns another, and no secret of the installation needs a row of its own."""
        return [
            HKDF(SHA256(), length=32, salt=None, info=purpose.encode()).derive(key)
            for key in self._keys
        ]


def ring(settings: Settings) -> Ring:
    """The ring of this installation; on the embedded default its key file is made once."""
    if settings.secret_keys:
        return Ring([key.get_secret_value() for key in settings.secret_keys])
    path = INSTANCE / "secret.key"
    if not path.exists():
        _make_key_file(path)
    return Ring(path.read_text().split())


def _make_key_file(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    # Written whole under another name first: two processes starting at once must agree on one.
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(Fernet.generate_key() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        os.link(draft, path)
    except FileExistsError:
        pass  # the other process was first; its key is the one
    finally:
        draft.unlink()


@dataclass(frozen=True, slots=True)
class ShopKeys:
    """A shop's own keys, unwrapped. Where there are several, the newest is first."""

    pepper: bytes  # hashes identifiers; one for ever
    token: tuple[bytes, ...]  # signs shelf tokens
    customer: tuple[bytes, ...]  # the platform package signs customer ids with it (as text)
    report: tuple[bytes, ...]  # opens /api/<key>/report


def digest(pepper: bytes, kind: str, identifier: str) -> bytes:
    """The keyed hash under which a person is known. Kinds: customer, email, visitor, checkout.

    Without the pepper nobody can test guesses against it, so a stolen table names nobody.
    """
    return hashlib.blake2b(
        f"{kind}:{identifier}".encode(), key=pepper, digest_size=DIGEST_BYTES
    ).digest()


def email_digest(pepper: bytes, email: str) -> bytes:
    """Guests are joined by their address, whatever its case and surrounding blanks."""
    return digest(pepper, "email", email.strip().lower())
