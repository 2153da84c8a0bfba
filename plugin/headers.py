"""What a browser may do with our pages: nothing but show them.

The pages need no script at all, so none is allowed; styles and pictures come from here only
(Pico.css keeps its small icons in data: addresses). A page that shows a shelf names the places its
products' pictures come from, one by one. See docs/security.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import timedelta

from flask import Flask, Response, g, request

PICTURES = "img-src 'self' data:"
FORMS = "form-action 'self'"
POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'none'",
        "style-src 'self'",
        PICTURES,
        "object-src 'none'",
        "base-uri 'none'",
        FORMS,
        "frame-ancestors 'none'",
    )
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",  # for browsers older than frame-ancestors
    # Our own pages may know where one came from (the CSRF check asks); nobody else may.
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
# Two years, as browsers' preload lists ask; sent only where the address is https anyway.
STRICT_TRANSPORT = f"max-age={int(timedelta(days=730).total_seconds())}"


# A shop's pictures come from its own address, or from its platform's; more would be odd.
MOST_ORIGINS = 4
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:[0-9]{1,5})?")


def allow_pictures(addresses: Iterable[str | None]) -> None:
    """Let this page load these pictures: from their origins, and nothing else from there."""
    found = dict.fromkeys(
        origin[0] for it in addresses if it and (origin := _ORIGIN.match(it)) is not None
    )
    _let(PICTURES, " ".join([PICTURES, *list(found)[:MOST_ORIGINS]]))


def let_forms_go_to(origin: str) -> None:
    """Let a form of this page end at another site: browsers hold a redirect after it to the policy
    of the page that sent it."""
    _let(FORMS, f"{FORMS} {origin}")


def _let(rule: str, wider: str) -> None:
    g.policy_changes = [*g.get("policy_changes", ()), (rule, wider)]


def let_shopify_frame(domain: str) -> None:
    """Let Shopify's admin of this one shop, and nobody else, show this page in a frame, with the
    script by which the page proves there who looks at it."""
    g.in_a_frame = True
    g.policy_changes = [
        ("frame-ancestors 'none'", f"frame-ancestors https://{domain} https://admin.shopify.com"),
        ("script-src 'none'", "script-src 'self' https://cdn.shopify.com"),
    ]


def keep_caching() -> None:
    """Leave this answer's Cache-Control as it is."""
    g.own_caching = True


def install(app: Flask, *, https: bool) -> None:
    @app.after_request
    def harden(answer: Response) -> Response:
        answer.headers.update(HEADERS)
        for old, new in g.get("policy_changes", ()):
            policy = answer.headers["Content-Security-Policy"].replace(old, new)
            answer.headers["Content-Security-Policy"] = policy
        if g.get("in_a_frame"):
            del answer.headers["X-Frame-Options"]
        if https:
            answer.headers["Strict-Transport-Security"] = STRICT_TRANSPORT
        if request.endpoint != "static" and not g.get("own_caching"):
            answer.headers["Cache-Control"] = "no-store"  # a shop's figures stay out of caches
        return answer
