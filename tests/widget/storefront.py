"""A shop's page in Chromium with shelf.js on it, and an application that answers as told.

Nothing leaves the browser: Playwright answers every request, and notes it. What the pages look
like (`THEMES`) is meant to be unkind: right to left, dark, large print, rules for everything.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from playwright.sync_api import Browser, ConsoleMessage, Page, Request, Route

ROOT = Path(__file__).parents[2]
DIST = ROOT / "widget" / "dist"
THEME_APP = ROOT / "plugin" / "shopify" / "extensions" / "alongside-shelves"
# Where a page's scripts lie, whatever the address they are asked at.
SCRIPTS = {"shelf.js": DIST, "shelf-more.js": DIST, "shop.js": THEME_APP / "assets"}
SHOP = "http://shop.test"
APP = "http://app.test"
KEY = "pk_test"
CORS = {"Access-Control-Allow-Origin": "*", "Access-Control-Allow-Headers": "Alongside-Visitor",
        "Access-Control-Allow-Methods": "GET, POST, DELETE"}  # fmt: skip

# What docs/widget.md asks a theme to have in its head.
HEAD = (
    "<style>@supports selector(&) { :root:not(.shelf-off) product-shelf:empty "
    "{ display: block; height: var(--shelf-height, 28em) } }</style>"
)
OFF = "onerror=\"document.documentElement.classList.add('shelf-off')\""

THEMES = {
    "plain": "body{font:16px/1.5 system-ui,sans-serif;color:#222;margin:1rem}",
    "dark": "body{font:16px/1.5 Georgia,serif;color:#eee;background:#15171c;margin:1rem}"
    ".button{background:#f4c430;color:#111;border:0;border-radius:99px;font:inherit}",
    "rtl": "body{font:17px/1.6 system-ui,sans-serif;color:#222;margin:1rem}",
    # As real themes do: a root of 10 px, and rules for every list, image, link and button.
    "pushy": "html{font-size:62.5%}*{box-sizing:content-box}body{font:1.6rem/1.7 serif;margin:2rem}"
    "h2{font-size:4.2rem;margin:3rem 0;text-transform:uppercase}"
    "ul{padding-left:40px;list-style:disc}"
    "main ul li{margin:2rem;padding:1rem;border:3px solid #c00;float:left;width:50%}"
    "main img{border:5px solid #0a0;margin:20px;float:left;width:100px;height:100px}"
    "main a{display:inline-block;color:#00c;text-decoration:underline;border-bottom:3px dotted}"
    "button,.button{display:inline-block;width:100%;text-transform:uppercase;letter-spacing:2px;"
    "background:#333;color:#fff;padding:1rem;border:0}main span{color:#060;font-style:italic}",
    # As WordPress' own themes do: rules for buttons that weigh as much as five classes.
    "heavy": "body{font:18px/1.6 system-ui,sans-serif;color:#28303d;background:#d1e4dd;margin:1rem}"
    "body button:not(:hover):not(:active):not(.has-background):not(.x){background-color:#28303d;"
    "color:#d1e4dd;border:3px solid #28303d;padding:15px 30px;text-transform:uppercase}"
    "body button:hover:not(.x):not(.y):not(.z){background:transparent;color:#900}",
}

PICTURE = "<svg xmlns='http://www.w3.org/2000/svg' width='300' height='{h}'><rect width='300' height='{h}' fill='hsl({hue} 55% 82%)'/><circle cx='150' cy='{mid}' r='80' fill='hsl({hue} 45% 55%)'/></svg>"  # noqa: E501

TITLES = (
    "Regency cakestand, three tiers",
    "Jumbo bag red retrospot",
    "White hanging heart T-light holder made of glass, with a very long name",
    "Party bunting",
    "Lunch bag, black skull",
    "Set of 12 cake cases",
    "Alarm clock, bakelike green",
    "Rabbit night light",
    "Wooden picture frame",
    "Garden thermometer",
)


def item(number: int, **other: Any) -> dict[str, Any]:
    return {
        "id": str(100 + number),
        "title": TITLES[number % len(TITLES)],
        "url": f"/product/{100 + number}",
        "image": f"/picture/{number}.svg",
        "price_minor": 1295 + 300 * number,
        "compare_at_minor": 1995 if number == 1 else None,
        "currency": "GBP",
        "variant": None if number % 4 == 2 else str(100 + number),
        "strategy": "bought_together",
        "reason": f"Bought together in {30 + number * 10}+ orders",
        "from": number % 4 == 2,
        **other,
    }


def answer(items: int = 8, first: int = 0, **other: Any) -> dict[str, Any]:
    return {
        "placement": "also_bought",
        "title": "Customers also bought",
        "eligible": True,
        "arm": None,
        "experiment": None,
        "token": "token-of-this-shelf",
        "model": "m1",
        "items": [item(number) for number in range(first, first + items)],
        **other,
    }


TREATMENT = {"arm": "treatment", "experiment": 7}
CONTROL = {"arm": "control", "experiment": 7}

Reply = Callable[[Route], None]


def says(body: Any, status: int = 200) -> Reply:
    text = body if isinstance(body, str) else json.dumps(body)
    return lambda route: route.fulfill(
        status=status, body=text, content_type="application/json", headers=CORS
    )


def as_asked(route: Route) -> None:
    """As many to show as the element names."""
    limit = parse_qs(urlsplit(route.request.url).query).get("limit", ["8"])
    says(answer(limit=int(limit[0])))(route)


def dead(route: Route) -> None:
    route.abort("connectionrefused")


def hung(route: Route) -> None:
    """Never answers."""


# How the application may answer for a shelf.
ARMS: dict[str, Reply] = {
    "treatment": says(answer(**TREATMENT)),
    "control": says(answer(0, **CONTROL)),
    "nobody_eligible": says(answer(0, eligible=False)),
    "dead": dead,
    "hung": hung,
    "garbage": says("<!doctype html><p>Maintenance"),
}


@dataclass
class Storefront:
    """One page of the shop. `page` is Playwright's; the rest is what came out of it."""

    page: Page
    replies: dict[str, Reply]
    requests: list[Request] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)
    pages: dict[str, str] = field(default_factory=dict)

    def asked(self) -> list[dict[str, str]]:
        """The query of every shelf request."""
        urls = [urlsplit(r.url) for r in self.requests if "/shelf?" in r.url]
        return [{k: v[0] for k, v in parse_qs(url.query).items()} for url in urls]

    def told(self) -> list[dict[str, Any]]:
        """Every event that was sent, with the visitor of its batch."""
        bodies = [json.loads(r.post_data or "") for r in self.requests if "/events" in r.url]
        return [
            {**event, "visitor": body["visitor"]} for body in bodies for event in body["events"]
        ]

    def types(self) -> list[str]:
        return [event["type"] for event in self.told()]

    def erased(self) -> list[str]:
        return [r.headers["alongside-visitor"] for r in self.requests if r.method == "DELETE"]

    def stored(self) -> dict[str, dict[str, str]]:
        return self.page.evaluate(
            "() => ({local: {...localStorage}, session: {...sessionStorage},"
            " cookie: document.cookie ? {it: document.cookie} : {}})"
        )

    def shift(self) -> float:
        return self.page.evaluate("() => window.shift")

    def open(self, path: str = "/product/1") -> None:
        self.page.goto(SHOP + path)

    def scroll_to_shelf(self) -> None:
        self.page.locator("product-shelf").first.scroll_into_view_if_needed()

    def _serve(self, route: Route) -> None:
        request = route.request
        url = urlsplit(request.url)
        self.requests.append(request)
        if url.netloc == "app.test" and request.method == "OPTIONS":
            route.fulfill(status=204, headers=CORS)
        elif (name := url.path.rpartition("/")[2]) in SCRIPTS:
            if name in self.replies:
                return self.replies[name](route)
            route.fulfill(body=(SCRIPTS[name] / name).read_text(), content_type="text/javascript")
        elif url.netloc == "app.test":
            kind = "events" if "events" in url.path else "me" if "/me" in url.path else "shelf"
            self.replies[kind](route)
        elif url.path.startswith("/picture/"):
            n = int(re.sub(r"\D", "", url.path))
            svg = PICTURE.format(
                hue=n * 47 % 360, h=300 if n % 3 else 420, mid=150 if n % 3 else 210
            )
            route.fulfill(body=svg, content_type="image/svg+xml")
        elif "wc-ajax" in url.query:
            self.replies["cart"](route)
        elif request.resource_type == "document":
            route.fulfill(body=self.pages.get(url.path, "<p>elsewhere"), content_type="text/html")
        else:
            route.fulfill(status=204)
        return None


SHIFT = """window.shift = 0; window.long = 0; window.heard = [];
new PerformanceObserver((list) => list.getEntries().forEach((entry) => {
  if (!entry.hadRecentInput) window.shift += entry.value; // no observer of the user's own doing
})).observe({type: 'layout-shift', buffered: true});
new PerformanceObserver((list) => list.getEntries().forEach((entry) => {
  window.long = Math.max(window.long, entry.duration);
})).observe({type: 'longtask', buffered: true});
for (const name of ['view', 'click', 'add'])
  addEventListener(`shelf:${name}`, (event) => window.heard.push({name, ...event.detail}));
"""


def document(
    *,
    theme: str = "plain",
    script: str = 'data-consent="full"',
    shelves: str = '<product-shelf placement="also_bought" product="1"></product-shelf>',
    before: str = "",
    above: int = 900,
    head: str = HEAD,
) -> str:
    direction, lang = ("rtl", "ar") if theme == "rtl" else ("ltr", "en")
    return (
        f"<!doctype html><html lang={lang} dir={direction}><head><meta charset=utf-8>"
        f"<meta name=viewport content='width=device-width,initial-scale=1'><title>A shop</title>"
        f"<style>{THEMES[theme]}</style>{head}<script>{before}</script>"
        f'<script src="{APP}/shelf.js" data-key="{KEY}" {script} {OFF} defer></script></head>'
        f"<body><main><h1>Teapot</h1><p style='height:{above}px'>A good one.</p>"
        f"{shelves}<p id=after style='height:1500px'>What follows.</p></main></body></html>"
    )


@contextmanager
def storefront(
    browser: Browser, width: int = 1280, html: str | None = None, **replies: Reply
) -> Iterator[Storefront]:
    context = browser.new_context(viewport={"width": width, "height": 800})
    page = context.new_page()
    page.add_init_script(SHIFT)
    accepted = says({"accepted": 1, "rejected": []}, 202)
    usual = {"shelf": as_asked, "events": accepted, "me": says({}), "cart": says({})}
    shop = Storefront(page, {**usual, **replies})
    shop.pages["/product/1"] = html or document()

    def note(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            shop.complaints.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: shop.complaints.append(f"thrown: {error}"))
    page.route("**/*", shop._serve)
    try:
        yield shop
    finally:
        page.unroute_all(behavior="ignoreErrors")
        context.close()


def drawn(shop: Storefront) -> None:
    shop.page.wait_for_selector("product-shelf li")


def seen(shop: Storefront) -> None:
    """Half of the shelf was in sight for a second, and the events are out."""
    shop.scroll_to_shelf()
    shop.page.wait_for_function("() => heard.some((it) => it.name === 'view')")
    shop.page.evaluate("() => new Promise((done) => setTimeout(done, 1100))")


def scroll_through(shop: Storefront) -> None:
    """Down past the shelf and up again, in steps as a shopper's."""
    shop.page.evaluate("""async () => {
      const frame = () => new Promise((done) => requestAnimationFrame(done));
      for (const step of [...Array(14).fill(200), ...Array(14).fill(-200)]) {
        scrollBy({top: step, behavior: 'instant'});
        await frame();
        await frame();
      }
    }""")
