"""The report: numbers done on paper, sentences a shop owner reads, and text that comes back."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from datetime import UTC, timedelta

import pytest

from experiments.beside import Beside
from experiments.health import Signs
from experiments.outcome import Difference, Interval, Lift, Lopsided, NotProven, TooEarly
from experiments.report import Report, build
from experiments.sentence import sentence
from experiments.tally import Arms, DayTally, Tally
from experiments.verdict import judge
from plugin.numbers import Numbers, locale
from tests.experiments.shops import START, day, days, experiment, tally

pounds = Numbers(locale("en-GB"), "GBP", UTC)


def report(known, test=None, attributed_minor=0, **signs) -> Report:
    test = test or experiment()
    last = known[-1]
    sold = replace(last.mature.treatment, attributed_minor=attributed_minor)
    known = [*known[:-1], replace(last, mature=replace(last.mature, treatment=sold))]
    beside = Beside(signs=Signs(**signs))
    return build(test, known[-1], judge(test, known), currency="GBP", beside=beside)


# --- numbers -------------------------------------------------------------------------------------


def test_the_arms_figures_are_the_sum_done_on_paper():
    control = Tally(
        visitors=200,
        converters=10,
        orders=12,
        revenue_minor=60_000,
        capped_minor=50_000,
        clickers=4,
    )
    entered = Arms(replace(control, visitors=260, orders=15, revenue_minor=70_000), Tally())
    known = [DayTally(START + timedelta(days=3), Arms(control, Tally()), entered)]
    arm = report(known).control
    assert (arm.visitors, arm.mature, arm.converters, arm.orders) == (260, 200, 10, 12)
    assert (arm.orders_so_far, arm.revenue_so_far_minor) == (15, 70_000)
    assert arm.conversion_rate == 0.05
    assert arm.revenue_per_visitor_minor == 300.0
    assert arm.capped_per_visitor_minor == 250.0
    assert arm.order_value_minor == 5_000.0
    assert arm.click_rate == 0.02


def test_an_arm_without_visitors_has_no_rates_rather_than_zeros():
    arm = report([day(3, Tally(), Tally())]).treatment
    assert arm.conversion_rate is None
    assert arm.revenue_per_visitor_minor is None
    assert arm.capped_per_visitor_minor is None
    assert arm.order_value_minor is None
    assert arm.click_rate is None


def test_extra_revenue_is_the_difference_a_visitor_times_the_visitors_in_treatment():
    known = days(28, 0.03, 0.04)
    # 700 more an arm have entered, whose windows are open: they earn nothing yet.
    open_still = Arms(tally(14_700, 430), tally(14_700, 570))
    known[-1] = replace(known[-1], entered=open_still)
    found = report(known, attributed_minor=1_000_000)
    rpv = next(one for one in found.differences if one.metric == "rpv")
    extra = found.extra
    # 14,000 visitors an arm: 420 and 560 buyers, 60.00 each on average: 8,400.00 more.
    assert extra.visitors == 14_000
    assert extra.estimate_minor == 840_000
    assert extra.low_minor == round(rpv.difference_interval.low * 14_000)
    assert extra.high_minor == round(rpv.difference_interval.high * 14_000)
    assert extra.low_minor < 840_000 < extra.high_minor
    assert extra.level == 0.96
    assert extra.ratio == pytest.approx(0.84)


def test_without_attributed_revenue_there_is_no_ratio():
    known = days(28, 0.03, 0.04)
    assert report(known).extra.ratio is None


def test_while_it_is_too_early_or_lopsided_no_difference_and_no_money_is_shown():
    for known in (days(5, 0.03, 0.06), [day(20, tally(9_600, 300), tally(10_400, 480))]):
        found = report(known, attributed_minor=500)
        assert found.extra is None
        assert found.differences == ()


def test_the_interval_is_99_percent_while_running_and_96_at_the_locked_end():
    running, ended = report(days(20, 0.03, 0.031)), report(days(28, 0.03, 0.031))
    assert {one.level for one in running.differences} == {0.99}
    assert {one.level for one in ended.differences} == {0.96}


def test_doubtful_data_is_named():
    crossed = replace(tally(1_000, 30), crossed=50)
    known = [day(20, tally(1_000, 30), crossed)]
    found = report(known, orders=200, orders_without_visitor=30).health
    assert found.crossed_share == 0.025
    assert found.orphan_share == 0.15
    assert found.doubts == ("crossovers", "orders_without_visitor")
    healthy = report(days(20, 0.03, 0.03), orders=200, orders_without_visitor=20).health
    assert healthy.doubts == ()
    assert report(days(1, 0.0, 0.0)).health.orphan_share is None


@pytest.mark.parametrize(
    "known",
    [
        days(5, 0.03, 0.06),
        days(28, 0.03, 0.04),
        days(20, 0.03, 0.05),
        days(28, 0.03, 0.03),
        [day(20, tally(9_600, 300), tally(10_400, 480))],
        [day(3, Tally(), Tally())],
    ],
)
def test_a_report_comes_back_from_text_as_it_was(known):
    found = report(known, attributed_minor=5)
    assert Report.from_json(found.to_json()) == found


def test_web_workers_read_and_say_a_report_without_a_heavy_library():
    text = report(days(28, 0.03, 0.04)).to_json()
    code = (
        "import sys\n"
        "import experiments.plan\n"
        "from experiments.report import Report\n"
        "from experiments.sentence import sentence\n"
        "from datetime import UTC\n"
        "from plugin.numbers import Numbers, locale\n"
        "say = Numbers(locale('en-GB'), 'GBP', UTC)\n"
        "print(sentence(Report.from_json(sys.stdin.read()), say)[:8])\n"
        "print([name for name in ('numpy', 'scipy') if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], input=text, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == ["Helping:", "[]"]


# --- sentences -----------------------------------------------------------------------------------


def effect(metric="rpv", lift=0.083, low=0.021, high: float | None = 0.15) -> Difference:
    rate = metric == "cvr"
    return Difference(
        metric=metric,
        control=0.03 if rate else 200.0,
        treatment=0.03 * (1 + lift) if rate else 200 * (1 + lift),
        difference=0.03 * lift if rate else 200 * lift,
        difference_interval=None if rate else Interval(200 * low, 200 * (high or 9)),
        lift=lift,
        lift_interval=Interval(low, high),
        p=0.01,
        level=0.99,
        always=True,
    )


def test_helping_says_the_money_and_how_sure_it_is():
    said = Lift("helping", effect(), days=20, visitors=9_000, final=False, ended=False)
    assert sentence(said, pounds) == (
        "Helping: 1,000 visitors with these recommendations spent £166.00 more than 1,000 of the "
        "others (+8.3%, between +2.1% and +15.0%)."
    )


def test_hurting_says_so_as_plainly():
    hurting = effect("cvr", lift=-0.2, low=-0.3, high=-0.1)
    said = Lift("hurting", hurting, days=20, visitors=9_000, final=False, ended=False)
    assert sentence(said, pounds) == (
        "Hurting: 2.40% of the visitors with these recommendations bought something, and 3.00% of "
        "the others (−20.0%, between −30.0% and −10.0%)."
    )


def test_not_proven_says_that_it_may_be_chance():
    unsure = effect(low=-0.04)
    running = NotProven(unsure, days=20, visitors=9_000, final=False, ended=False)
    assert sentence(running, pounds) == (
        "Not proven yet: so far 1,000 visitors with these recommendations spent £166.00 more than "
        "1,000 of the others (+8.3%, between −4.0% and +15.0%); that may be chance."
    )
    final = sentence(replace(running, final=True, days=28), pounds)
    assert final.startswith("Not proven: after 28 days 1,000 visitors")


def test_an_effect_that_changed_is_not_given_a_figure():
    said = NotProven(effect(), days=20, visitors=9_000, final=False, ended=False, shifting=True)
    text = sentence(said, pounds)
    assert text.startswith("Not proven yet: the effect changed while the test ran")
    assert "%" not in text


def test_an_open_interval_says_at_least_and_a_missing_lift_says_nothing():
    open_above = Lift("helping", effect("cvr", high=None), 20, 900, False, False)
    assert "(+8.3%, at least +2.1%)" in sentence(open_above, pounds)
    unknown = replace(effect("cvr"), lift=None, lift_interval=None)
    assert "(" not in sentence(Lift("helping", unknown, 20, 900, False, False), pounds)


def test_lopsided_is_a_data_problem_with_its_counts():
    said = Lopsided(9_600, 10_400, 0.5, log_evidence=9.9, p_at_end=None)
    assert sentence(said, pounds) == (
        "Data problem: 10,400 visitors were counted in the treatment group and 9,600 in the "
        "control group, where half and half was planned; that is not chance, so no figure of this "
        "test can be trusted until the cause is found."
    )
    assert "20% in treatment was planned" in sentence(replace(said, expected_share=0.2), pounds)


def early(**facts) -> TooEarly:
    return replace(
        TooEarly(
            days=5,
            days_missing=9,
            converters_control=40,
            converters_treatment=30,
            conversions_missing_control=60,
            conversions_missing_treatment=70,
            visitors_missing=2_800,
            expected_at=START + timedelta(days=49),
            in_time=True,
            ended=False,
        ),
        **facts,
    )


def test_too_early_says_what_is_missing_and_when_to_come_back():
    assert sentence(early(), pounds) == (
        "Too early: this needs 9 more days and 70 more buyers in one of the two groups; at this "
        "pace there will be something to say on 20 April 2026."
    )
    one_day = early(days_missing=1, conversions_missing_control=0, conversions_missing_treatment=0)
    assert "this needs 1 more day;" in sentence(one_day, pounds)


def test_too_early_says_when_the_shop_is_too_small_or_no_date_is_known():
    assert "too small for a test of eight weeks" in sentence(early(in_time=False), pounds)
    unknown = early(expected_at=None, in_time=None)
    assert "cannot be said yet" in sentence(unknown, pounds)


def test_a_test_that_ended_too_early_does_not_promise_more():
    text = sentence(early(ended=True, expected_at=None, days=28, days_missing=0), pounds)
    assert text == (
        "Too early: the test ended after 28 days with 30 buyers in the smaller group, and nothing "
        "can be concluded from so few."
    )


def test_a_test_stopped_within_two_weeks_is_told_why_its_many_buyers_do_not_count():
    test = experiment(stopped_at=START + timedelta(days=10))
    text = sentence(judge(test, days(12, 0.03, 0.06)).verdict, pounds)
    assert text == (
        "Too early: the test was stopped after 10 days, and less than two full weeks cannot be "
        "judged, because weekdays differ."
    )


def test_a_report_adds_what_it_comes_to_in_money():
    text = sentence(report(days(28, 0.03, 0.04)), pounds)
    assert text.startswith("Helping: 4.00% of the visitors with these recommendations bought")
    assert "Over the 14,000 visitors who got them that is about £8,400.00 more (between £" in text
    unsure = sentence(report(days(28, 0.03, 0.0302)), pounds)
    assert " less and £" in unsure


def test_a_currency_without_decimals_reads_as_well():
    text = sentence(report(days(28, 0.03, 0.04)), Numbers(locale("en-GB"), "JPY", UTC))
    assert "about JP¥840,000 more" in text


def test_figures_in_the_sentence_are_written_as_the_merchant_writes_them():
    german = Numbers(locale("de-DE"), "EUR", UTC)
    said = report(days(28, 0.03, 0.04))
    text = sentence(said, german).replace("\N{NO-BREAK SPACE}", " ")
    assert text.startswith("Helping: 4,00 % of the visitors with these recommendations bought")
    assert "the 14.000 visitors who got them that is about 8.400,00 € more" in text
    dinar = sentence(said, Numbers(locale("en-GB"), "KWD", UTC))
    assert "840.000 more" in dinar  # three decimals
