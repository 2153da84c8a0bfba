"""What a browser may do with our pages: nothing but show them.

The pages need no script at all, so none is allowed; styles and pictures come from here only
(Pico.css keeps its small icons in data: addresses). See docs/security.md.
"""

from __future__ import annotations

from datetime import timedelta

from flask import Flask, Response, g, request

FORMS = "form-action 'self'"
POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'none'",
        "style-src 'self'",
        "img-src 'self' data:",
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


def let_forms_go_to(origin: str) -> None:
    """Let a form of this page end at another site: browsers hold a redirect after it to the policy
    of the page that sent it."""
    g.policy_changes = [(FORMS, f"{FORMS} {origin}")]


def install(app: Flask, *, https: bool) -> None:
    @app.after_request
    def harden(answer: Response) -> Response:
        answer.headers.update(HEADERS)
        for old, new in g.get("policy_changes", ()):
            policy = answer.headers["Content-Security-Policy"].replace(old, new)
            answer.headers["Content-Security-Policy"] = policy
        if https:
            answer.headers["Strict-Transport-Security"] = STRICT_TRANSPORT
        if request.endpoint != "static":
            answer.headers["Cache-Control"] = "no-store"  # a shop's figures stay out of caches
        return answer
