"""What did we show to whom? A short signed text that travels with a shelf and comes back.

Each answer of the shelf carries one; every exposure, view, click and order line returns it, so
that attribution is a join and nobody can claim a shelf they were not shown. Whether a token is
too old, belongs to this shop or to this visitor is left to the caller, who has the clock, the
shop and the visitor's digest.

Layout (big-endian), then URL-safe base64 without padding:

    version 1 | flags 1 | placement 1 | shop 4 | issued 4 | experiment 4? | model 4? | nonce 8?
    | visitor 12? | tried 4? | chance 2? | led by 1? | page 4? | tag 16

`?` fields are there when their flag is set (tried and chance by one). The tag is HMAC-SHA256 of
everything before it, cut to 16 bytes. At most 88 characters; 36 for an answer that is cached for
everyone.

Runs in web workers on every request: standard library only.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from struct import Struct

from store.records import Arm, Placement, Strategy

VERSION = 1
NONCE_BYTES = 8  # two answers of one second to one visitor are told apart
VISITOR_BYTES = 12  # 96 bits of a keyed digest: no two visitors of a shop share them
LONGEST = 128  # characters that `read` looks at; a genuine token has at most 88
_SHORTEST_KEY = 16
_TAG_BYTES = 16  # 128 bits, the shortest that RFC 2104 advises for this hash
_LARGEST_ID = 2**32 - 1

# Part of the format: a number, once given, keeps its meaning. New placements get new numbers.
_CODES: dict[Placement, int] = {
    "also_bought": 1,
    "you_might_like": 2,
    "bought_together": 3,
    "similar": 4,
    "bestsellers": 5,
    "trending": 6,
    "recently_viewed": 7,
    "buy_again": 8,
    "cart": 9,
}
_PLACEMENTS = {code: placement for placement, code in _CODES.items()}
_STRATEGY_CODES: dict[Strategy, int] = {
    "bought_together": 1,
    "similar": 2,
    "personal": 3,
    "repurchase": 4,
    "blend": 5,
    "for_you": 6,
    "bestseller": 7,
    "trending": 8,
    "viewed": 9,
    "pinned": 10,
    "due": 11,
}
_STRATEGIES = {code: strategy for strategy, code in _STRATEGY_CODES.items()}

_EXPERIMENT, _TREATMENT, _MODEL, _NONCE, _VISITOR, _TRIED, _LED_BY, _PAGE = (
    2**bit for bit in range(8)
)
_HEAD = Struct(">BBBII")
_ID = Struct(">I")
_TRIAL = Struct(">IH")
_CHANCES = 10_000


@dataclass(frozen=True, slots=True)
class TokenFacts:
    """What a token says. An answer cached for everyone has neither visitor, nonce nor arm."""

    shop: int
    placement: Placement
    issued_at: datetime  # aware; whole seconds survive the trip
    experiment: int | None = None
    arm: Arm | None = None
    model: int | None = None
    nonce: bytes | None = None  # NONCE_BYTES random bytes
    visitor: bytes | None = None  # the first VISITOR_BYTES of the shop's keyed digest
    # A new product that the answer tried, by the store's key, and with which chance of 10,000.
    tried: int | None = None
    chance: int | None = None
    # The strategy in front on the shelf that treatment sees, in control as well: what a test's
    # visitors can be told apart by, because it was settled before any of them saw a thing.
    led_by: Strategy | None = None
    # The product on whose page a visitor was asked about, by the store's key: what is clicked or
    # added to the cart there is learned to belong to it.
    page: int | None = None

    def __post_init__(self) -> None:
        if self.issued_at.tzinfo is None:
            raise ValueError("issued_at must say its time zone")
        if (self.experiment is None) != (self.arm is None):
            raise ValueError("experiment and arm belong together: give both or neither")
        if self.experiment is not None and self.visitor is None:
            raise ValueError("an arm is a visitor's: a token with an experiment needs a visitor")
        if self.nonce is not None and len(self.nonce) != NONCE_BYTES:
            raise ValueError(f"nonce must have {NONCE_BYTES} bytes")
        if self.visitor is not None and len(self.visitor) != VISITOR_BYTES:
            raise ValueError(f"visitor must have {VISITOR_BYTES} bytes")
        if (self.tried is None) != (self.chance is None):
            raise ValueError("tried and chance belong together: give both or neither")
        if self.chance is not None and not 1 <= self.chance <= _CHANCES:
            raise ValueError(f"chance must be between 1 and {_CHANCES}, not {self.chance}")
        for number in (self.shop, self.experiment, self.model, self.tried, self.page):
            if number is not None and not 0 <= number <= _LARGEST_ID:
                raise ValueError(f"ids must be between 0 and {_LARGEST_ID}, not {number}")


def mint(key: bytes, facts: TokenFacts) -> str:
    """The token for `facts`, signed with the shop's current token key."""
    if len(key) < _SHORTEST_KEY:
        raise ValueError(f"a token key has at least {_SHORTEST_KEY} bytes")
    flags = 0
    tail = b""
    if facts.experiment is not None:
        flags |= _EXPERIMENT | (_TREATMENT if facts.arm == "treatment" else 0)
        tail += _ID.pack(facts.experiment)
    if facts.model is not None:
        flags |= _MODEL
        tail += _ID.pack(facts.model)
    if facts.nonce is not None:
        flags |= _NONCE
        tail += facts.nonce
    if facts.visitor is not None:
        flags |= _VISITOR
        tail += facts.visitor
    if facts.tried is not None:
        flags |= _TRIED
        tail += _TRIAL.pack(facts.tried, facts.chance)
    if facts.led_by is not None:
        flags |= _LED_BY
        tail += bytes((_STRATEGY_CODES[facts.led_by],))
    if facts.page is not None:
        flags |= _PAGE
        tail += _ID.pack(facts.page)
    issued_s = int(facts.issued_at.timestamp())
    body = _HEAD.pack(VERSION, flags, _CODES[facts.placement], facts.shop, issued_s) + tail
    return urlsafe_b64encode(body + _tag(key, body)).rstrip(b"=").decode("ascii")


def read(keys: Sequence[bytes], text: str) -> TokenFacts | None:
    """What `text` says, or None unless one of `keys` (the newest first) signed exactly this."""
    if len(text) > LONGEST or not text.isascii():
        return None
    sent = text.encode("ascii")
    try:
        raw = urlsafe_b64decode(sent + b"=" * (-len(sent) % 4))
    except ValueError:
        return None
    # Python skips characters outside the alphabet and ignores spare bits at the end; one set of
    # facts must have one spelling, or a changed character would pass.
    if urlsafe_b64encode(raw).rstrip(b"=") != sent:
        return None
    body, tag = raw[:-_TAG_BYTES], raw[-_TAG_BYTES:]
    if len(body) < _HEAD.size:
        return None
    if any(hmac.compare_digest(_tag(key, body), tag) for key in keys):
        return _facts(body)
    return None


def _facts(body: bytes) -> TokenFacts | None:
    """What a body that we signed says; None if it is of a version or placement we do not know."""
    version, flags, code, shop, issued_s = _HEAD.unpack_from(body)
    if version != VERSION or code not in _PLACEMENTS:
        return None
    at = _HEAD.size
    experiment = model = nonce = visitor = tried = chance = led_by = page = None
    arm: Arm | None = None
    if flags & _EXPERIMENT:
        (experiment,) = _ID.unpack_from(body, at)
        arm = "treatment" if flags & _TREATMENT else "control"
        at += _ID.size
    if flags & _MODEL:
        (model,) = _ID.unpack_from(body, at)
        at += _ID.size
    if flags & _NONCE:
        nonce = body[at : at + NONCE_BYTES]
        at += NONCE_BYTES
    if flags & _VISITOR:
        visitor = body[at : at + VISITOR_BYTES]
        at += VISITOR_BYTES
    if flags & _TRIED:
        tried, chance = _TRIAL.unpack_from(body, at)
        at += _TRIAL.size
    if flags & _LED_BY:
        led_by = _STRATEGIES.get(body[at])  # of a newer version: one that we do not know
        at += 1
    if flags & _PAGE:
        (page,) = _ID.unpack_from(body, at)
    return TokenFacts(
        shop=shop,
        placement=_PLACEMENTS[code],
        issued_at=datetime.fromtimestamp(issued_s, UTC),
        experiment=experiment,
        arm=arm,
        model=model,
        nonce=nonce,
        visitor=visitor,
        tried=tried,
        chance=chance,
        led_by=led_by,
        page=page,
    )


def _tag(key: bytes, body: bytes) -> bytes:
    # To find and to key the hash anew each time takes longer than to sign.
    signing = _keyed(key).copy()
    signing.update(body)
    return signing.digest()[:_TAG_BYTES]


@lru_cache(maxsize=64)
def _keyed(key: bytes) -> hmac.HMAC:
    return hmac.new(key, digestmod="sha256")
