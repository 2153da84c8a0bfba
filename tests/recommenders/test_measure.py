"""The backtest: metrics on paper, honest splits, and a gate that planted faults do not pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
import pytest

from recommenders.answers import ListBook
from recommenders.bestseller import Bestseller
from recommenders.bought_together import BoughtTogether
from recommenders.choose import Ask
from recommenders.gate import Promoted, Refused, Unproven, gate
from recommenders.known import Known
from recommenders.measure import (
    GAIN,
    OWN_GAIN,
    Protocol,
    Trial,
    backtest,
)
from recommenders.questions import Question, Window, questions, split_at
from recommenders.registry import RECOMMENDERS
from recommenders.scoring import score
from store.records import Interactions, Lists, Measure
from tests.recommenders.shops import DAY_S, NOW_S, catalogue, orders, themed_shop

GOODS = catalogue(64)
FAST = Protocol(window=Window(enough_orders=150), resamples=300)


def test_the_metrics_done_on_paper() -> None:
    # Shown 1 2 3; right 2, 3 and 9. Hits at ranks 2 and 3.
    asked = [Question(Ask("similar"), frozenset({2, 3, 9}))]
    scored = score(lambda ask: [1, 2, 3], asked)
    gained = 1 / np.log2(3) + 1 / np.log2(4)
    perfect = 1 + 1 / np.log2(3) + 1 / np.log2(4)
    assert scored.per_question["ndcg@10"] == pytest.approx([gained / perfect])
    assert scored.per_question["hr@10"] == pytest.approx([1])
    assert scored.per_question["recall@10"] == pytest.approx([2 / 3])
    assert scored.shown == {1: 1, 2: 1, 3: 1}


def test_a_perfect_list_scores_one_however_many_are_right() -> None:
    for n in (1, 10, 30):
        asked = [Question(Ask("similar"), frozenset(range(n)))]
        assert score(lambda ask: list(range(10)), asked).per_question["ndcg@10"] == pytest.approx(1)


def test_no_answer_scores_nothing() -> None:
    scored = score(lambda ask: [], [Question(Ask("similar"), frozenset({1}))])
    assert [v.tolist() for v in scored.per_question.values()] == [[0], [0], [0]]


@dataclass(frozen=True)
class Planted:
    """Co-purchase lists, spoilt by `spoil`."""

    spoil: Callable[[Lists, np.random.Generator], np.ndarray]
    strategy: str = "bought_together"

    def fit(self, known: Known) -> Lists:
        lists = BoughtTogether().fit(known)
        return replace(lists, product=self.spoil(lists, np.random.default_rng(5)).astype(np.int32))


def shuffled_ids(lists: Lists, random: np.random.Generator) -> np.ndarray:
    other = np.append(random.permutation(len(GOODS)), -1)
    return other[lists.product]


def one_product_for_all(lists: Lists, random: np.random.Generator) -> np.ndarray:
    return np.where(np.arange(lists.product.shape[1]) == 0, 63, -1) + 0 * lists.product


def random_lists(lists: Lists, random: np.random.Generator) -> np.ndarray:
    return np.stack([random.permutation(len(GOODS))[: lists.product.shape[1]] for _ in lists.slots])


def also_bought(trials: list[Trial]) -> Trial:
    return next(t for t in trials if t.placement == "also_bought")


# Bestsellers worth beating: every order also holds one of eight products that all like.
def popular_shop() -> Interactions:
    themed = themed_shop(orders_=1_500)
    random = np.random.default_rng(9)
    drawn = random.integers(0, 8, themed.orders).astype(np.int32)
    middle = np.arange(len(themed.product)) % 3 == 0
    product = np.where(middle, drawn[themed.order], themed.product)
    return replace(themed, product=product.astype(np.int32))


@pytest.mark.parametrize(
    "spoil", [shuffled_ids, one_product_for_all, random_lists], ids=lambda f: f.__name__
)
def test_planted_faults_are_refused(spoil: Callable[..., np.ndarray]) -> None:
    trials = backtest(
        Known(popular_shop(), GOODS, NOW_S), (Planted(spoil), Bestseller()), FAST
    ).trials
    if spoil is one_product_for_all:
        # The chain fills up with bestsellers, so the shelf is nearly the bestseller list.
        bundle = next(t for t in trials if t.placement == "bought_together")
        assert isinstance(gate(bundle), Refused)
        assert not isinstance(gate(also_bought(trials)), Promoted)
    else:
        assert isinstance(gate(also_bought(trials)), Refused)


def test_lists_of_last_seasons_company_are_refused() -> None:
    # Until the cut the themes kept company as they had; since then everybody buys bestsellers.
    old = themed_shop(orders_=1_200)
    random = np.random.default_rng(2)
    turned = old.at_s >= NOW_S - 40 * DAY_S
    fashion = random.integers(0, 10, len(old.product)).astype(np.int32)
    data = replace(old, product=np.where(turned, fashion, old.product).astype(np.int32))

    @dataclass(frozen=True)
    class LastSeason:
        strategy: str = "bought_together"

        def fit(self, known: Known) -> Lists:
            return BoughtTogether().fit(known.at(NOW_S - 40 * DAY_S, known.catalogue))

    trials = backtest(Known(data, GOODS, NOW_S), (LastSeason(), Bestseller()), FAST).trials
    assert isinstance(gate(also_bought(trials)), Refused)


def test_a_model_into_which_the_future_leaked_is_refused_however_good_it_looks() -> None:
    everything = Known(themed_shop(), GOODS, NOW_S)

    @dataclass(frozen=True)
    class Leaking:
        strategy: str = "bought_together"

        def fit(self, known: Known) -> Lists:
            return BoughtTogether().fit(everything)

    trial = also_bought(backtest(everything, (Leaking(), Bestseller()), FAST).trials)
    assert trial.gain.low is not None
    assert trial.gain.low > 0  # it looks like the best of models
    decision = gate(trial)
    assert isinstance(decision, Refused)
    assert "future leaked" in decision.why


def test_honest_models_are_not_called_leaking() -> None:
    known = Known(themed_shop(orders_=400), GOODS, NOW_S)
    trials = backtest(known, RECOMMENDERS, FAST).trials
    assert trials
    assert not any(trial.leaks for trial in trials)


def test_a_shelf_worse_than_what_each_customer_bought_before_is_refused() -> None:
    gain = Measure("you_might_like", "shelf", GAIN, 0.1, 0.08, 0.12, 400)
    worse = Measure("you_might_like", "shelf", OWN_GAIN, -0.05, -0.07, -0.03, 400)
    measures = tuple(
        Measure("you_might_like", name, "ndcg@10", value)
        for name, value in (("shelf", 0.2), ("bestsellers", 0.1), ("own frequency", 0.25))
    )
    trial = Trial("you_might_like", measures, gain, 400, NOW_S, (worse,))
    decision = gate(trial)
    assert isinstance(decision, Refused)
    assert "customer's own purchases" in decision.why


def test_the_live_model_stands_beside_the_new_one() -> None:
    known = Known(themed_shop(), GOODS, NOW_S)
    cut_s = FAST.window.split(known.interactions, NOW_S).cut_s
    before = known.at(cut_s, GOODS)
    lists = ListBook(GOODS, [Bestseller().fit(before)])
    live = {"also_bought": (lists, frozenset({"bestseller"}))}
    trial = also_bought(
        backtest(known, (BoughtTogether(), Bestseller()), FAST, live=lambda cut: live).trials
    )
    over = trial.over("live model")
    assert over is not None
    assert over.low is not None
    assert over.low > 0


def test_a_planted_good_model_is_promoted_and_the_reason_has_its_numbers() -> None:
    trial = also_bought(
        backtest(Known(themed_shop(), GOODS, NOW_S), (BoughtTogether(), Bestseller()), FAST).trials
    )
    decision = gate(trial)
    assert isinstance(decision, Promoted)
    assert decision.low > 0
    assert decision.score - decision.bestsellers == pytest.approx(decision.gain)
    assert decision.why == (
        f"Promoted: also_bought scores {decision.score:.3f}, {decision.gain:.3f} above bestsellers "
        f"(95 % interval {decision.low:+.3f} to {decision.high:+.3f})."
    )


def test_a_shop_with_few_orders_is_unproven_and_told_why() -> None:
    trials = backtest(
        Known(themed_shop(orders_=30), GOODS, NOW_S), (BoughtTogether(), Bestseller()), FAST
    ).trials
    decision = gate(also_bought(trials))
    assert isinstance(decision, Unproven)
    assert "questions" in decision.why


def test_too_close_to_tell_is_unproven() -> None:
    gain = Measure("cart", "shelf", GAIN, 0.001, -0.01, 0.012, 400)
    shelf = Measure("cart", "shelf", "ndcg@10", 0.101)
    bestsellers = Measure("cart", "bestsellers", "ndcg@10", 0.1)
    decision = gate(Trial("cart", (shelf, bestsellers), gain, 400, NOW_S))
    assert isinstance(decision, Unproven)
    assert "too close to tell" in decision.why


def test_models_never_see_the_weeks_they_are_judged_by() -> None:
    seen: list[int] = []

    @dataclass(frozen=True)
    class Peeking:
        strategy: str = "bought_together"

        def fit(self, known: Known) -> Lists:
            seen.append(known.now_s - int(known.interactions.at_s.max()))
            return BoughtTogether().fit(known)

    trials = backtest(Known(themed_shop(), GOODS, NOW_S), (Peeking(), Bestseller()), FAST).trials
    assert seen
    assert min(seen) > 0
    assert {t.cut_s for t in trials} == {NOW_S - 21 * DAY_S}  # 900 orders in 120 days


def test_the_same_backtest_gives_the_same_figures() -> None:
    a, b = (backtest(Known(themed_shop(), GOODS, NOW_S), (BoughtTogether(),), FAST) for _ in "ab")
    assert a.trials == b.trials


def test_as_few_weeks_are_hidden_as_give_enough_orders() -> None:
    data = orders(*((1, day, [0, 1]) for day in range(100)))
    assert Window(enough_orders=5).split(data, NOW_S).cut_s == NOW_S - 7 * DAY_S
    assert Window(enough_orders=20).split(data, NOW_S).cut_s == NOW_S - 21 * DAY_S
    # never more than a quarter of the time
    assert Window(enough_orders=5_000).split(data, NOW_S).cut_s == NOW_S - 21 * DAY_S


def test_a_question_never_holds_its_answer() -> None:
    split = split_at(themed_shop(), NOW_S - 20 * DAY_S)
    asked = questions(split, GOODS, 500, seed=1)
    assert all(asked.values())
    for placement, found in asked.items():
        for q in found:
            assert q.ask.placement == placement
            assert q.right
            assert not q.right & {q.ask.product, *q.ask.cart}


def test_a_customers_state_is_what_was_known_before_the_cut() -> None:
    data = orders((0, 30, [1]), (0, 20, [2, 3]), (0, 5, [4]), (1, 5, [5]))
    asked = questions(split_at(data, NOW_S - 10 * DAY_S), catalogue(9), 500, seed=1)
    (question,) = asked["you_might_like"]  # customer 1 was unknown then
    assert question.ask.owned == {101, 102, 103}
    assert question.ask.bought == (103, 102, 101)
    assert question.right == {104}


def test_a_product_sold_out_today_could_be_bought_in_the_past() -> None:
    hidden = catalogue(64, hidden=range(32))
    trial = also_bought(
        backtest(Known(themed_shop(), hidden, NOW_S), (BoughtTogether(), Bestseller()), FAST).trials
    )
    whole = also_bought(
        backtest(Known(themed_shop(), GOODS, NOW_S), (BoughtTogether(), Bestseller()), FAST).trials
    )
    assert trial.value("shelf") == whole.value("shelf")


def test_lists_read_back_as_the_store_would_hand_them_out() -> None:
    data = orders(*((i, 1, [0, 1]) for i in range(4)))
    book = ListBook(catalogue(3), [BoughtTogether().fit(Known(data, catalogue(3), NOW_S))])
    assert list(book) == ["bought_together:100", "bought_together:101"]
    (entry,) = book["bought_together:100"]
    assert (entry.product, entry.support) == (101, 4)
    assert type(entry.product) is int
    assert book.get("bought_together:102", ()) == ()
