"""What does a product look like in the API? Every key of a real simple product, in its order."""

from __future__ import annotations

import html
import secrets
import sqlite3

import flask

from demo import catalogue
from demo.api.wire import Json, gmt, home, links, local
from demo.database import here

PICTURE_ID = 100_000  # a product's picture is the attachment with this plus the product's id


def links_of(id: int) -> Json:
    return links(f"/wp-json/wc/v3/products/{id}")


def complete(row: sqlite3.Row) -> Json:
    """A product with its links, as a webhook sends it."""
    return {**body(row), "_links": links_of(row["id"])}


def picture(id: int) -> str:
    return home(f"/pictures/{id}.svg")


def body(row: sqlite3.Row) -> Json:
    id, name = row["id"], row["name"]
    category = catalogue.BY_ID[row["category_id"]]
    address = (
        f"/product/{row['slug']}/" if row["status"] != "trash" else f"/?post_type=product&p={id}"
    )
    return {
        "id": id,
        "name": name,
        "slug": row["slug"],
        "permalink": home(address),
        "date_created": local(row["created_s"]),
        "date_created_gmt": gmt(row["created_s"]),
        "date_modified": local(row["modified_s"]),
        "date_modified_gmt": gmt(row["modified_s"]),
        "type": "simple",
        "status": row["status"],
        "featured": False,
        "catalog_visibility": row["catalog_visibility"],
        "description": f"<p>{html.escape(catalogue.description(name, row['sku'], category))}</p>\n",
        "short_description": "",
        "sku": row["sku"],
        "price": row["price"],
        "regular_price": row["regular_price"],
        "sale_price": row["sale_price"],
        "date_on_sale_from": None,
        "date_on_sale_from_gmt": None,
        "date_on_sale_to": None,
        "date_on_sale_to_gmt": None,
        "on_sale": row["sale_price"] != "",
        "purchasable": row["price"] != "" and row["status"] == "publish",
        "total_sales": row["total_sales"],
        "virtual": False,
        "downloadable": False,
        "downloads": [],
        "download_limit": -1,
        "download_expiry": -1,
        "external_url": "",
        "button_text": "",
        "tax_status": "taxable",
        "tax_class": "",
        "manage_stock": False,
        "stock_quantity": None,
        "backorders": "no",
        "backorders_allowed": False,
        "backordered": row["stock_status"] == "onbackorder",
        "low_stock_amount": None,
        "sold_individually": False,
        "weight": "",
        "dimensions": {"length": "", "width": "", "height": ""},
        "shipping_required": True,
        "shipping_taxable": True,
        "shipping_class": "",
        "shipping_class_id": 0,
        "reviews_allowed": False,
        "average_rating": "0.00",
        "rating_count": 0,
        "upsell_ids": [],
        "cross_sell_ids": [],
        "parent_id": 0,
        "purchase_note": "",
        "categories": [
            {"id": category.id, "name": html.escape(category.name), "slug": category.slug}
        ],
        "brands": [],
        "tags": [],
        "images": [_image(row)],
        "attributes": [],
        "default_attributes": [],
        "variations": [],
        "grouped_products": [],
        "menu_order": 0,
        "price_html": _price_html(row),
        "related_ids": _related(id, category.id),
        "meta_data": [],
        "stock_status": row["stock_status"],
        "has_options": False,
        "post_password": "",
        "global_unique_id": "",
    }


def _image(row: sqlite3.Row) -> Json:
    src = picture(row["id"])
    return {
        "id": PICTURE_ID + row["id"],
        "date_created": local(row["created_s"]),
        "date_created_gmt": gmt(row["created_s"]),
        "date_modified": local(row["created_s"]),
        "date_modified_gmt": gmt(row["created_s"]),
        "src": src,
        "name": row["name"],
        "alt": "",
        "srcset": f"{src} 600w",
        "sizes": "(max-width: 600px) 100vw, 600px",
        "thumbnail": src,
    }


def _price_html(row: sqlite3.Row) -> str:
    def amount(price: str) -> str:
        return (
            '<span class="woocommerce-Price-amount amount"><bdi><span'
            ' class="woocommerce-Price-currencySymbol" translate="no">&pound;</span>'
            f"{float(price):,.2f}</bdi></span>"
        )

    if row["price"] == "":
        return ""
    if row["sale_price"] == "":
        return amount(row["price"])
    return (
        f'<del aria-hidden="true">{amount(row["regular_price"])}</del>'
        f" <ins>{amount(row['sale_price'])}</ins>"
    )


def _related(id: int, category_id: int) -> list[int]:
    """Five others of the category, shuffled on every call, as the real shop does."""
    if "same_category" not in flask.g:
        flask.g.same_category = {}
    if category_id not in flask.g.same_category:
        flask.g.same_category[category_id] = [
            found[0]
            for found in here().execute(
                "SELECT id FROM products WHERE category_id = ? AND status = 'publish'"
                " AND deleted = 0",
                (category_id,),
            )
        ]
    others = [other for other in flask.g.same_category[category_id] if other != id]
    return secrets.SystemRandom().sample(others, min(5, len(others)))
