"""What a shelf is called when the page gives no heading of its own."""

from __future__ import annotations

from functools import lru_cache

from store.records import Placement

_TITLES: dict[str, dict[Placement, str]] = {
    "en": {
        "also_bought": "Customers also bought",
        "you_might_like": "You might like",
        "bought_together": "Often bought together",
        "similar": "Similar products",
        "bestsellers": "Bestsellers",
        "trending": "Trending now",
        "recently_viewed": "Recently viewed",
        "buy_again": "Buy again",
        "cart": "Goes well with your cart",
    },
    "de": {
        "also_bought": "Andere kauften auch",
        "you_might_like": "Das könnte Ihnen gefallen",
        "bought_together": "Oft zusammen gekauft",
        "similar": "Ähnliche Artikel",
        "bestsellers": "Bestseller",
        "trending": "Gerade gefragt",
        "recently_viewed": "Zuletzt angesehen",
        "buy_again": "Noch einmal kaufen",
        "cart": "Passt zu Ihrem Warenkorb",
    },
    "fr": {
        "also_bought": "Les clients ont aussi acheté",
        "you_might_like": "Vous pourriez aimer",
        "bought_together": "Souvent achetés ensemble",
        "similar": "Produits similaires",
        "bestsellers": "Meilleures ventes",
        "trending": "En ce moment",
        "recently_viewed": "Vus récemment",
        "buy_again": "Acheter à nouveau",
        "cart": "Va bien avec votre panier",
    },
}


@lru_cache(maxsize=1_024)
def title(placement: Placement, locale: str, own: str | None = None, own_locale: str = "en") -> str:
    """The heading in the page's language; English where we do not speak it.

    `own` is the merchant's heading in the shop's language: for pages in that language.
    """
    language = _language(locale)
    if own and language == _language(own_locale):
        return own
    return _TITLES.get(language, _TITLES["en"])[placement]


def _language(locale: str) -> str:
    return locale.replace("_", "-").partition("-")[0].lower()
