"""The owner's commands: they do what they say, and fail with one sentence."""

from __future__ import annotations

import importlib
import json
from typing import Any

import click
import pytest
from click.testing import Result
from pytest_httpserver import HTTPServer

import wsgi
from plugin import passwords
from store.engine import writing
from store.keys import Ring, digest
from store.packing import pack
from store.reads import people, shops
from store.records import Entry
from tests.plugin import trials
from tests.plugin.site import NOON, RING_KEY, Site, open_site
from tests.plugin.test_pages import some_orders

PLUGIN = {name: place for name, place in wsgi.COMMANDS.items() if place.startswith("plugin.")}


def run(site: Site, line: list[str], input: str | None = None) -> Result:
    module, _, name = PLUGIN[line[0]].partition(":")
    command: click.Command = getattr(importlib.import_module(module), name)
    return site.app.test_cli_runner().invoke(command, line[1:], input=input)


def told(site: Site, line: list[str], input: str | None = None) -> Any:
    result = run(site, [*line, "--json"], input)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def leaves(command: click.Command, name: str) -> list[tuple[str, click.Command]]:
    if isinstance(command, click.Group):
        return [
            leaf for word, sub in command.commands.items() for leaf in leaves(sub, f"{name} {word}")
        ]
    return [(name, command)]


def test_every_command_explains_itself_and_speaks_json() -> None:
    for name, place in PLUGIN.items():
        module, _, attribute = place.partition(":")
        for words, command in leaves(getattr(importlib.import_module(module), attribute), name):
            assert command.help, words
            options = [o for p in command.params for o in p.opts]
            assert "--json" in options, words


# --- shops ---------------------------------------------------------------------------------------


def test_a_shop_of_files_is_made_and_shown(site: Site) -> None:
    made = told(site, ["shop", "add", "files", "--name", "Lamps", "--currency", "gbp"])
    assert made["currency"] == "GBP"
    assert made["key"].startswith("pk_")
    shown = told(site, ["shop", "show", "Lamps"])
    assert shown["key"] == made["key"]
    assert f'data-key="{made["key"]}"' in shown["snippet"]
    assert [one["name"] for one in told(site, ["shop", "list"])] == ["Lamps"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (["--name", "A", "--currency", "pounds"], "no currency code"),
        (["--name", "A", "--currency", "GBP", "--timezone", "Mars/Base"], "no time zone"),
        (["--name", " ", "--currency", "GBP"], "needs a name"),
        (["--name", "A", "--currency", "GBP", "--owner", "x@y.z"], "Nobody here"),
    ],
)
def test_wrong_facts_of_a_shop_are_one_clear_sentence(
    site: Site, line: list[str], said: str
) -> None:
    result = run(site, ["shop", "add", "files", *line])
    assert result.exit_code == 1
    assert said in result.stderr
    assert told(site, ["shop", "list"]) == []


def test_the_only_account_owns_what_is_connected_next(site: Site) -> None:
    user = site.user()
    made = told(site, ["shop", "add", "files", "--name", "Lamps", "--currency", "GBP"])
    assert made["owner"] == user.email
    with site.reading() as connection:
        found = shops.find(connection, "Lamps")
        assert people.roles(connection, user.id) == {found.id: "owner"}


def test_a_mistyped_name_is_answered_with_what_is_there(site: Site) -> None:
    site.shop("Gifts & Lamps")
    result = run(site, ["shop", "show", "Gift & lamp"])
    assert result.exit_code == 1
    assert "Did you mean 'Gifts & Lamps'?" in result.stderr
    result = run(site, ["plan", "Gifts & Lamps", "--placement", "also_bougth"])
    assert "Did you mean 'also_bought'?" in result.stderr


def test_removing_asks_first_and_then_leaves_nothing(site_on_both: Site) -> None:
    site = site_on_both
    shop = site.shop("Lamps")
    site.products(shop, ["Lamp"])
    some_orders(site, shop.id)
    site.model(shop)
    site.experiment(shop)
    assert run(site, ["shop", "remove", "Lamps"], input="n\n").exit_code == 1
    assert len(told(site, ["shop", "list"])) == 1
    assert told(site, ["shop", "remove", "Lamps", "--yes"])["removed"] == shop.key
    assert told(site, ["shop", "list"]) == []


# --- connecting to a shop that answers -----------------------------------------------------------


def wordpress(server: HTTPServer, *, known: bool = True) -> str:
    url = server.url_for("").rstrip("/")
    index = {"name": "Gifts &amp; Co", "home": url, "namespaces": ["wc/v3"], "gmt_offset": 0,
             "timezone_string": "Europe/London"}  # fmt: skip
    server.expect_request("/wp-json/").respond_with_json(index)
    server.expect_request("/wp-json/wc/v3/data/currencies/current").respond_with_json(
        {"code": "GBP"}
        if known
        else {
            "code": "woocommerce_rest_authentication_error",
            "message": "Consumer key is invalid.",
        },
        status=200 if known else 401,
    )
    for path in ("products", "orders", "refunds"):
        server.expect_request(f"/wp-json/wc/v3/{path}").respond_with_json(
            [], headers={"X-WP-Total": "0", "X-WP-TotalPages": "0"}
        )
    return url


def test_a_woocommerce_shop_is_asked_before_it_is_stored(
    site: Site, httpserver: HTTPServer
) -> None:
    url = wordpress(httpserver)
    line = ["shop", "add", "woocommerce", "--url", url, "--key", "ck_1", "--secret", "-"]
    made = told(site, line, input="cs_secret\n")
    assert made["name"] == "Gifts & Co"
    with site.reading() as connection:
        shop = shops.find(connection, made["key"])
        assert shops.credentials(connection, site.store.ring, shop.id) == {
            "url": url, "key": "ck_1", "secret": "cs_secret", "allow_private": "yes",
        }  # fmt: skip


def test_a_shop_that_refuses_the_key_is_not_stored_and_says_why(
    site: Site, httpserver: HTTPServer
) -> None:
    url = wordpress(httpserver, known=False)
    result = run(
        site,
        ["shop", "add", "woocommerce", "--url", url, "--key", "ck_1", "--secret", "-"],
        input="cs_secret\n",
    )
    assert result.exit_code == 1
    assert "The shop does not know this key" in result.stderr
    assert "cs_secret" not in result.output
    assert told(site, ["shop", "list"]) == []


def test_a_secret_is_read_from_a_file_and_a_literal_one_is_warned_of(
    site: Site, httpserver: HTTPServer, tmp_path: Any
) -> None:
    url = wordpress(httpserver)
    line = ["shop", "add", "woocommerce", "--url", url, "--key", "ck_1"]
    (tmp_path / "secret").write_text("cs_file\n")
    assert run(site, [*line, "--secret", f"@{tmp_path}/secret", "--name", "A"]).exit_code == 0
    literal = run(site, [*line, "--secret", "cs_literal", "--name", "B"])
    assert literal.exit_code == 0
    assert "stays in the shell's history" in literal.stderr
    missing = run(site, [*line, "--secret", "@/nowhere", "--name", "C"])
    assert missing.exit_code == 1
    assert "cannot be read" in missing.stderr
    assert run(site, [*line, "--secret", "-"], input="\n").exit_code == 1


# --- set-up, keys, database ----------------------------------------------------------------------


def test_the_set_up_link_is_an_address_under_base_url(site: Site) -> None:
    url = told(site, ["setup-link"])["url"]
    assert url.startswith("http://127.0.0.1:8000/admin/setup/")
    assert site.browser().get(url).status_code == 200


def test_rotating_keys_lets_the_old_one_go_and_logs_nobody_out(sqlite_url: str) -> None:
    newer = "OTg3NjU0MzIxMDk4NzY1NDMyMTA5ODc2NTQzMjEwOTg="
    store = open_site(sqlite_url)
    site = Site(store)
    shop = site.shop("Lamps")
    user = site.user(roles={shop.id: "owner"}, hashed=passwords.hashed("x" * 12))
    cookie = site.browser(user).get_cookie("alongside_admin", path="/admin")
    assert cookie
    both = Site(type(store)(store.engine, Ring([newer, RING_KEY]), store.settings))
    browser = both.app.test_client()
    browser.set_cookie("alongside_admin", cookie.value, path="/admin")
    assert browser.get(f"/admin/shops/{shop.key}/").status_code == 200
    assert told(both, ["keys", "rotate"])["rewrapped"] == 5
    with both.reading() as connection:
        assert shops.keys(connection, Ring([newer]), shop.id, NOON).pepper
        with pytest.raises(SystemExit):
            shops.keys(connection, Ring([RING_KEY]), shop.id, NOON)
    store.engine.dispose()


def test_a_renewed_key_stands_beside_the_one_before(site: Site) -> None:
    shop = site.shop("Lamps")
    before = told(site, ["shop", "show", "Lamps"])["report_key"]
    told(site, ["keys", "renew", "Lamps", "--kind", "report"])
    with site.reading() as connection:
        keys = shops.keys(connection, site.store.ring, shop.id, shop.now())
    assert keys.report[1].decode() == before
    assert told(site, ["shop", "show", "Lamps"])["report_key"] == keys.report[0].decode() != before


def test_upgrading_a_current_database_says_so(site: Site) -> None:
    result = run(site, ["db", "upgrade"])
    assert "is current" in result.output


# --- experiments ---------------------------------------------------------------------------------


def test_an_experiment_starts_and_stops_from_the_command_line(site: Site) -> None:
    shop = site.shop("Lamps")
    site.model(shop)
    line = ["experiment", "start", "Lamps", "--placement", "also_bought", "--against", "none"]
    begun = told(site, [*line, "--days", "14"])
    assert begun["experiment"] == 1
    assert begun["forecast"]["plan"] is None  # nobody has seen the shelf yet
    assert run(site, line).exit_code == 1  # one at a time
    assert told(site, ["experiment", "list", "Lamps"])[0]["state"] == "running"
    assert told(site, ["experiment", "stop", "Lamps", "1"])["was_stopped_before"] is False
    assert told(site, ["experiment", "stop", "Lamps", "1"])["was_stopped_before"] is True
    unknown = run(site, ["experiment", "stop", "Lamps", "9"])
    assert "Its experiments: 1" in unknown.stderr


def test_a_report_is_told_for_people_and_for_programs(site: Site) -> None:
    shop = site.shop("Lamps")
    none = run(site, ["report", "Lamps"])
    assert none.exit_code == 1
    assert "no experiment yet" in none.stderr
    report = trials.run(site, site.experiment(shop), 20, treatment=0.08)
    text = run(site, ["report", "Lamps"]).output
    assert text.startswith("Experiment 1: also_bought against bestsellers\nHelping: ")
    data = told(site, ["report", "Lamps", "--experiment", "1"])
    assert data["verdict"] == "helping"
    assert data["report"]["control"]["orders"] == report.control.orders


def test_recomputing_finds_a_stored_report_that_is_not_true(site: Site) -> None:
    shop = site.shop("Lamps")
    trials.run(site, site.experiment(shop), 2)  # a report of visitors the store never saw
    result = run(site, ["report", "Lamps", "--recompute", "--check"])
    assert result.exit_code == 1
    assert "control.visitors" in result.stderr
    assert run(site, ["report", "Lamps", "--check"]).exit_code == 2


def test_recomputing_agrees_with_a_report_counted_from_the_same_rows(site: Site) -> None:
    from experiments import assess

    shop = site.shop("Lamps")
    numbered = site.experiment(shop)
    day = assess.day_tally(numbered.experiment, [], NOON.replace(day=3))
    judgement = assess.judge_day(numbered.experiment, day)
    report = assess.report(numbered.experiment, day, judgement, "GBP")
    site.say_report(numbered, report.to_json(), NOON)
    result = run(site, ["report", "Lamps", "--recompute", "--check"])
    assert result.exit_code == 0, result.output


def test_some_days_only_are_sums_and_never_a_verdict(site: Site) -> None:
    from experiments.tally import Tally
    from store.writes import units

    shop = site.shop("Lamps")
    numbered = site.experiment(shop)
    with writing(site.store.engine) as connection:
        for day in (1, 2, 4):
            sums = [("control", Tally(visitors=day, converters=1).to_json())]
            units.replace_day(connection, numbered.experiment.id, f"2026-11-0{day}", sums, ())
    data = told(site, ["report", "Lamps", "--from", "2026-11-02", "--to", "2026-11-03"])
    assert data["control"]["visitors"] == 2
    assert "verdict" not in data
    assert run(site, ["report", "Lamps", "--from", "yesterday"]).exit_code == 2


# --- reasons and people --------------------------------------------------------------------------


def test_explaining_a_shelf_names_what_was_dropped_and_why(site: Site) -> None:
    shop = site.shop("Lamps")
    site.products(shop, ["Lamp", "Shade", "Bulb", "Plug"])
    with site.reading() as connection:
        from store.reads.shelf import known_products

        keys = {i: p.key for i, p in known_products(connection, shop.id, list("1234")).items()}
    site.model(
        shop,
        lists=[
            (
                f"bought_together:{keys['1']}",
                pack([Entry(keys["2"], 0.9, 37, 4.2), Entry(keys["3"], 0.5, 5, 2.0)]),
            ),
            ("personal:1", pack([Entry(keys["4"], 0.5, 5, 2.0)])),
        ],
    )
    with site.store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE cards SET sellable = 0 WHERE external_id = '3'")
    data = told(site, ["explain", "Lamps", "--product", "1"])
    (shown,) = data["shown"]
    assert (shown["product"], shown["reason"]) == ("2", "Bought together in 30+ orders")
    assert shown["voices"][0]["support"] == 37
    (dropped,) = data["dropped"]
    assert (dropped["product"], dropped["dropped"]) == ("3", "sold out")
    assert "sold out" in run(site, ["explain", "Lamps", "--product", "1"]).output
    assert run(site, ["explain", "Lamps", "--product", "99"]).exit_code == 1
    assert run(site, ["explain", "Lamps", "--product", "1", "--customer", "9"]).exit_code == 1


def test_what_is_held_about_a_customer_is_told_and_then_forgotten(site_on_both: Site) -> None:
    from store.records import Order, OrderLine
    from store.writes import orders

    site = site_on_both
    shop = site.shop("Lamps")
    with site.reading() as connection:
        pepper = shops.keys(connection, site.store.ring, shop.id, NOON).pepper
    with writing(site.store.engine) as connection:
        orders.save_orders(
            connection,
            shop.id,
            pepper,
            [
                Order(
                    id="7", placed_at=NOON, updated_at=NOON, currency="GBP", status="paid",
                    total_minor=900, customer_id="42", email="ann@example.com",
                    visitor="v" * 20, lines=(OrderLine("l", "1", 1, 900),),
                )
            ],
        )  # fmt: skip
    for name in ("42", "ann@example.com"):
        held = told(site, ["privacy", "export", "Lamps", "--customer", name])
        assert held["orders"][0]["total_minor"] == 900
        assert len(held["browsers"]) == 1
    assert run(site, ["privacy", "erase", "Lamps", "--customer", "42"], input="n\n").exit_code == 1
    done = told(site, ["privacy", "erase", "Lamps", "--customer", "42", "--yes"])
    assert len(done["certificate"]) == 16
    gone = run(site, ["privacy", "export", "Lamps", "--customer", "42"])
    assert gone.exit_code == 1
    with site.reading() as connection:
        assert shops.counts(connection, shop.id).orders == 1  # the amount stays, the person is gone
        assert digest(pepper, "customer", "42") not in [
            bytes(row[0])
            for row in connection.exec_driver_sql("SELECT digest FROM customer_digests")
        ]


def test_one_person_at_a_time(site: Site) -> None:
    site.shop("Lamps")
    assert run(site, ["privacy", "export", "Lamps"]).exit_code == 2
    both = ["privacy", "export", "Lamps", "--customer", "1", "--visitor", "v" * 20]
    assert run(site, both).exit_code == 2


def test_a_plan_is_made_from_the_visitors_of_the_last_weeks(site: Site) -> None:
    site.shop("Lamps")
    data = told(site, ["plan", "Lamps", "--effect", "0.05"])
    assert data["traffic"]["visitors"] == 0
    assert data["plan"] is None
    assert "No visitor has seen this shelf" in run(site, ["plan", "Lamps"]).output


def test_a_shops_choice_for_unproven_models_is_kept(site: Site) -> None:
    run(site, ["shop", "add", "files", "--name", "Tea", "--currency", "GBP"])
    assert told(site, ["shop", "set", "Tea", "--unproven", "serve"])["unproven"] == "serve"
    with writing(site.store.engine) as connection:
        assert shops.find(connection, "Tea").settings == {"unproven": "serve"}
    mistyped = run(site, ["shop", "set", "Tea", "--unproven", "always"])
    assert mistyped.exit_code == 2
    assert "serve" in mistyped.output
