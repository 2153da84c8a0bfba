"""The report page: every verdict in full words, and the same figures as file and as JSON.

The words are in golden/report-*.txt; after a wanted change write them anew with REWRITE_GOLDEN=1
and read the difference.
"""

from __future__ import annotations

import csv
import io
import os
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine

from plugin import spreadsheet
from tests.plugin import trials
from tests.plugin.site import NOON, Site, lines, words

GOLDEN = Path(__file__).with_name("golden")

# What the world is like -> how long the test has run, the truth, and what decides.
CASES = {
    "helping": (20, {"treatment": 0.08}, {}),
    "hurting": (20, {"control": 0.08}, {"metric": "rpv"}),
    "not_proven": (20, {}, {}),
    "final": (28, {}, {"against": "none"}),
    "too_early": (5, {}, {}),
    "too_small": (20, {"per_day": 4}, {}),
    "nobody": (2, {"per_day": 0}, {}),
    "lopsided": (20, {"share": 0.6}, {}),
}


@pytest.mark.parametrize("case", [*CASES, "not_counted"])
def test_a_report_says_what_is_known_and_what_to_do(site: Site, case: str) -> None:
    days, truth, more = CASES.get(case, (0, {}, {}))
    shop = site.shop()
    numbered = site.experiment(shop, **more)
    if case in CASES:
        trials.run(site, numbered, days, **truth)
    with time_machine.travel(NOON + timedelta(days=days, minutes=10), tick=False):
        page = site.owner_of(shop).get(f"/admin/shops/{shop.key}/experiments/1/")
    assert page.status_code == 200
    # The key in the address of the JSON is another one in every run.
    told = "\n".join(lines(page)).replace(shop.key, "pk_shop")
    golden = GOLDEN / f"report-{case}.txt"
    if os.environ.get("REWRITE_GOLDEN"):
        golden.write_text(told + "\n", encoding="utf-8")
    assert told == golden.read_text(encoding="utf-8").strip()


def test_a_lopsided_test_shows_no_difference_and_no_gain(site: Site) -> None:
    shop = site.shop()
    trials.run(site, site.experiment(shop), 20, share=0.6)
    page = site.owner_of(shop).get(f"/admin/shops/{shop.key}/experiments/1/")
    assert "What it earned" not in page.text
    assert "The difference" not in page.text


def test_money_and_numbers_are_written_as_the_merchant_writes_them(site: Site) -> None:
    german = site.shop("Lampen", locale="de-DE", currency="EUR", timezone="Europe/Berlin")
    numbered = site.experiment(german)
    trials.run(site, numbered, 20, currency="EUR", treatment=0.08)
    text = words(site.owner_of(german).get(f"/admin/shops/{german.key}/experiments/1/"))
    assert "13:00" in text  # noon UTC in Berlin
    assert "250,00 €" in text
    yen = site.shop("ランプ", locale="ja", currency="JPY", timezone="Asia/Tokyo")
    trials.run(site, site.experiment(yen), 20, currency="JPY", treatment=0.08)
    text = words(site.owner_of(yen).get(f"/admin/shops/{yen.key}/experiments/1/"))
    assert "￥25,000" in text
    assert "￥25,000." not in text


def test_the_csv_file_holds_the_figures_of_the_page(site: Site) -> None:
    shop = site.shop('=HYPERLINK("http://evil.example")')
    report = trials.run(site, site.experiment(shop), 20, treatment=0.08)
    answer = site.owner_of(shop).get(f"/admin/shops/{shop.key}/experiments/1/report.csv")
    assert answer.content_type == "text/csv; charset=utf-8"
    assert "attachment" in answer.headers["Content-Disposition"]
    rows = list(csv.reader(io.StringIO(answer.text.lstrip("\ufeff"))))
    by_name = {row[0]: row for row in rows}
    assert by_name["converters"][1:3] == [
        str(report.control.converters),
        str(report.treatment.converters),
    ]
    assert by_name["shop"][1].startswith("'=HYPERLINK")
    assert float(by_name["lift cvr"][2]) == report.differences[0].lift


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "  =1", "＝1"])
def test_text_that_a_spreadsheet_would_run_is_defused(text: str) -> None:
    assert str(spreadsheet.safe(text)).startswith("'")


def test_plain_text_and_numbers_stay_as_they_are() -> None:
    assert spreadsheet.safe("Lamps, red") == "Lamps, red"
    assert spreadsheet.safe(-5) == -5


# --- for programs ---------------------------------------------------------------------------------


def report_key(site: Site, shop_id: int) -> str:
    from store.reads import shops

    with site.reading() as connection:
        return shops.keys(connection, site.store.ring, shop_id, NOON).report[0].decode()


def test_the_report_key_opens_the_report_as_json(site_on_both: Site) -> None:
    site = site_on_both
    shop = site.shop()
    report = trials.run(site, site.experiment(shop), 16, treatment=0.09)
    bearer = {"Authorization": f"Bearer {report_key(site, shop.id)}"}
    answer = site.browser().get(f"/api/{shop.key}/report", headers=bearer)
    assert answer.status_code == 200
    told = answer.get_json()
    assert told["experiment"] == 1
    assert told["report"]["treatment"]["converters"] == report.treatment.converters
    assert "Set-Cookie" not in answer.headers


def test_without_the_right_key_the_report_stays_closed(site: Site) -> None:
    shop, other = site.shop("Lamps"), site.shop("Chairs")
    trials.run(site, site.experiment(shop), 2)
    theirs = report_key(site, other.id)
    for header in ("", "Bearer", "Bearer wrong", f"Bearer {theirs}", f"Basic {theirs}", "Bearer é"):
        answer = site.browser().get(
            f"/api/{shop.key}/report", headers={"Authorization": header.encode().decode("latin-1")}
        )
        assert answer.status_code == 401, header
        assert answer.content_type == "application/problem+json"
    unknown = site.browser().get("/api/pk_nobody/report", headers={"Authorization": "Bearer x"})
    assert unknown.status_code == 401
    # A log-in is no key: a page of another site could otherwise read figures by a cookie.
    assert site.owner_of(shop).get(f"/api/{shop.key}/report").status_code == 401


def test_a_shop_without_an_experiment_says_so_to_programs_too(site: Site) -> None:
    shop = site.shop()
    bearer = {"Authorization": f"Bearer {report_key(site, shop.id)}"}
    answer = site.browser().get(f"/api/{shop.key}/report", headers=bearer)
    assert answer.status_code == 404
    assert "no experiment yet" in answer.get_json()["detail"]
    answer = site.browser().get(f"/api/{shop.key}/report?experiment=x", headers=bearer)
    assert answer.status_code == 422
