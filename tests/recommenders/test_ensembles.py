"""Habits, tastes and the learned blends: sums on paper, rules of learning, evidence."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from recommenders.baskets import habits
from recommenders.blend import Blend
from recommenders.ease import ease
from recommenders.for_you import ForYou
from recommenders.known import Known
from recommenders.learn import Lesson, learn, one, stepwise, summed
from recommenders.measure import OWN_FREQUENCY
from recommenders.repurchase import Repurchase, rebuy_rate
from recommenders.trees import Forest, opinion
from recommenders.voices import Choir, Table, table
from recommenders.windows import WINDOWS, windows
from store.records import SHARED_TITLE
from tests.recommenders.shops import DAY_S, NOW_S, catalogue, orders, themed_shop

# --- repurchase -----------------------------------------------------------------------------------


def test_the_habit_done_on_paper() -> None:
    # Half-life 10 days: milk now and 10 days ago is 1.5, soap 20 days ago is 1/4. One of milk's
    # two buyers bought it again, none of soap's one; in all 1 of 3. With a prior of 1 buyer and
    # the overall share (1 + 1) / (3 + 2): milk (1 + 0.4) / (2 + 1), soap 0.4 / 2.
    # Demand (half-life 14 days): milk sold 1 + 2 ** (-10/14) + 2 ** (-5/14), soap 2 ** (-20/14).
    milk, soap = 0, 1
    data = orders((0, 0, [milk]), (0, 10, [milk]), (0, 20, [soap]), (1, 5, [milk]))
    lists = Repurchase(half_life_days=10, trust=1, prior=1).fit(Known(data, catalogue(2), NOW_S))
    assert lists.slots[0] == "repurchase:500"
    assert lists.product[0, :3].tolist() == [milk, soap, -1]
    wanted = (2 ** (-20 / 14) / (1 + 2 ** (-10 / 14) + 2 ** (-5 / 14)) + 0.001) ** 0.25
    assert lists.score[0, 0] == pytest.approx(1.5 * 1.4 / 3 * 1.001**0.25)
    assert lists.score[0, 1] == pytest.approx(0.25 * 0.2 * wanted)
    assert lists.support[0, :2].tolist() == [2, 1]
    assert lists.strength[0, :2] == pytest.approx([1.4 / 3, 0.2])


def test_plain_frequency_counts_orders_and_nothing_else() -> None:
    # Product 2 once, 1 twice, 0 once: of equals the one in demand first.
    others = [(i, 1, [2]) for i in range(1, 9)]
    data = orders((0, 300, [0, 1]), (0, 200, [1]), (0, 100, [2]), *others)
    lists = OWN_FREQUENCY.fit(Known(data, catalogue(3), NOW_S))
    assert lists.product[0, :3].tolist() == [1, 2, 0]


def test_milk_is_due_before_a_kettle() -> None:
    kettle, milk = 0, 1
    others = [(i, day, [milk]) for i in range(1, 9) for day in (10, 20, 30)]
    kettles = [(i, 40, [kettle]) for i in range(1, 9)]
    data = orders((0, 5, [kettle, milk]), *others, *kettles)
    lists = Repurchase().fit(Known(data, catalogue(2), NOW_S))
    assert lists.product[0, :2].tolist() == [milk, kettle]


def test_guests_have_no_habits() -> None:
    data = orders((None, 1, [0]), (0, 1, [1]))
    assert habits(data, 2, NOW_S, np.inf).toarray().tolist() == [[0, 1]]
    assert Repurchase().fit(Known(data, catalogue(2), NOW_S)).slots == ["repurchase:500"]


def test_a_rebuy_rate_is_a_share_however_few_the_buyers() -> None:
    rate = rebuy_rate(sparse.csr_array(np.array([[3.0, 0, 1], [2, 0, 0]])), prior=5)
    assert ((rate > 0) & (rate < 1)).all()
    assert rate[0] > rate[1] > rate[2]


# --- taste ----------------------------------------------------------------------------------------


def test_ease_gives_the_inverse_done_on_paper() -> None:
    # Two customers, two products: X'X + I = [[2, 1], [1, 3]], its inverse [[3, -1], [-1, 2]] / 5,
    # so B = [[0, 1/2], [1/3, 0]].
    weights, kept = ease(sparse.csr_array(np.array([[1.0, 1], [0, 1]])), ridge=1)
    assert kept.tolist() == [0, 1]
    assert weights == pytest.approx(np.array([[0, 1 / 2], [1 / 3, 0]]), abs=1e-6)


def test_ease_keeps_the_products_with_most_customers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recommenders.ease.MOST_PRODUCTS", 2)
    history = sparse.csr_array(np.array([[1.0, 1, 1, 0], [0, 1, 1, 0]]))
    assert ease(history, ridge=1)[1].tolist() == [1, 2]


# --- voices ---------------------------------------------------------------------------------------


def choir(
    said: np.ndarray, barred: np.ndarray | None = None, popular: tuple[float, ...] = ()
) -> Choir:
    products = said.shape[1]
    words = sparse.csr_array(said.astype(np.float32))
    bars = sparse.csr_array(np.zeros_like(said) if barred is None else barred)
    everywhere = {"popular": np.array(popular, dtype=np.float32)} if popular else {}
    listable = np.ones(products, dtype=np.bool_)
    return Choir(products, {"one": lambda r: words[r]}, everywhere, lambda r: bars[r], listable)


def test_every_voice_is_heard_on_one_scale_about_the_same_candidates() -> None:
    said = np.array([[0.0, 4, 2, 0], [0, 0, 0, 0.5]])
    found = table(choir(said, popular=(8.0, 0, 0, 4)), np.array([0, 1]))
    assert found.product.tolist() == [[0, 1, 2, 3], [0, 3, -1, -1]]
    assert found.said[0].tolist() == [[0, 1, 0.5, 0], [0, 1, 0, 0]]
    assert found.said[1].tolist() == [[1, 0, 0, 0.5], [1, 0.5, 0, 0]]


def test_what_is_barred_takes_no_place_of_another(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("recommenders.voices.NOMINATED", 2)
    said = np.array([[9.0, 8, 7, 6]])
    barred = np.array([[1.0, 1, 0, 0]])
    found = table(choir(said, barred), np.array([0]))
    assert found.product.tolist() == [[2, 3]]
    assert found.said[0] == pytest.approx(np.array([[1, 6 / 7]]))


def test_silence_about_a_row_is_no_error() -> None:
    found = table(choir(np.zeros((2, 3))), np.array([0, 1]))
    assert found.product.shape == (2, 0)


# --- learning -------------------------------------------------------------------------------------


def spoken(product: np.ndarray, said: np.ndarray) -> Table:
    """What voices say of candidates whose circumstances nobody tells."""
    return Table(product, said, np.zeros((0, *product.shape), dtype=np.float32))


def lesson(seed: int, good: int, voices: int = 3, noise: float = 0.0) -> Lesson:
    """200 questions with 30 candidates, of which 3 are right; voice `good` knows them."""
    random = np.random.default_rng(seed)
    right = np.zeros((200, 30), dtype=np.bool_)
    right[:, :3] = True
    right = random.permuted(right, axis=1)
    said = random.random((voices, 200, 30)).astype(np.float32)
    said[good] = np.where(right, 1 - noise * random.random(right.shape), said[good] * 0.8)
    product = np.tile(np.arange(30, dtype=np.int32), (200, 1))
    return Lesson(spoken(product, said), right, np.full(200, 3))


NAMES = ("a", "b", "c")


def test_the_voice_that_knows_is_believed() -> None:
    mind = learn([lesson(i, good=1) for i in range(3)], NAMES, {"a": 1.0})
    assert lesson(9, good=1).ndcg(mind.scores(lesson(9, good=1).table)) == pytest.approx(1)
    assert mind.unseen["single"] == pytest.approx(1)
    assert mind.way == "single"  # nothing is better, so the simplest answers


def test_two_voices_that_each_know_half_are_both_believed() -> None:
    lessons = []
    for i in range(3):
        taught = lesson(i, good=1)
        taught.table.said[1] = taught.table.said[0]  # the knowing voice is silenced
        half = np.cumsum(taught.right, axis=1) <= 1  # the first right is voice 0's, the rest 2's
        said = taught.table.said.copy() * 0.3
        said[0] = np.where(taught.right & half, 1, said[0])
        said[2] = np.where(taught.right & ~half, 1, said[2])
        lessons.append(Lesson(spoken(taught.table.product, said), taught.right, taught.answers))
    weights = stepwise(lessons, one(0, 3))
    assert weights[0] > 0
    assert weights[2] > 0
    mind = learn(lessons, NAMES, {"a": 1.0})
    assert mind.unseen["sum"] > mind.unseen["single"]
    assert mind.way in ("sum", "both")


def test_what_no_sum_can_say_the_trees_learn() -> None:
    # Right is what both voices speak of alike, loudly or softly: no weighting ranks by that.
    lessons = []
    for seed in range(3):
        random = np.random.default_rng(seed)
        right = random.permuted(np.arange(30)[None, :].repeat(200, axis=0) < 3, axis=1)
        low, high = random.random(right.shape) * 0.3, 0.7 + random.random(right.shape) * 0.3
        first = np.where(random.random(right.shape) < 0.5, low, high)
        second = np.where(right == (first > 0.5), high - 0.01, low)
        said = np.stack([first, second]).astype(np.float32)
        product = np.tile(np.arange(30, dtype=np.int32), (200, 1))
        lessons.append(Lesson(spoken(product, said), right, np.full(200, 3)))
    mind = learn(lessons, ("a", "b"), {"a": 1.0})
    assert mind.way == "both"
    assert mind.unseen["both"] > 1.3 * mind.unseen["sum"]


def test_a_sum_is_the_mean_of_what_three_thirds_of_the_questions_teach() -> None:
    lessons = [lesson(i, good=i % 3, noise=0.9) for i in range(3)]
    many = [repeated(each, 2) for each in lessons]  # 400 questions: three times a hundred and more
    thirds = []
    for part in range(3):
        heard = [each.every(3, part) for each in many]
        best = max(range(3), key=lambda v: np.mean([h.ndcg(h.table.said[v]) for h in heard]))
        weights = stepwise(heard, one(best, 3))
        thirds.append(weights / weights.sum())
    mean = np.mean(thirds, axis=0)
    assert summed(many, 3) == pytest.approx(mean / mean.max())
    # Of few questions one sum is all there is to learn.
    best = max(range(3), key=lambda v: np.mean([h.ndcg(h.table.said[v]) for h in lessons]))
    weights = stepwise(lessons, one(best, 3))
    assert summed(lessons, 3) == pytest.approx(weights / weights.max())


def repeated(of: Lesson, times: int) -> Lesson:
    """The same questions so many times, in another order each time."""
    rows = np.concatenate(
        [
            np.arange(len(of.answers))[::-1] if i else np.arange(len(of.answers))
            for i in range(times)
        ]
    )
    table = of.table
    return Lesson(
        Table(table.product[rows], table.said[:, rows], table.facts[:, rows]),
        of.right[rows],
        of.answers[rows],
    )


def test_trees_learn_the_same_twice_and_say_nothing_of_places_that_are_empty() -> None:
    lessons = [lesson(i, good=1, noise=0.5) for i in range(3)]
    asked = lesson(9, good=1, noise=0.5)
    asked.table.product[:, 25:] = -1
    first, second = (Forest(trees=8, questions=100).taught(lessons) for _ in range(2))
    assert first is not None
    assert second is not None
    assert first.save_raw() == second.save_raw()
    said = opinion(first, asked.table)
    assert (said[:, 25:] == 0).all()
    assert (said.max(axis=1) == 1).all()
    assert said.min() == 0


def test_where_nothing_was_right_no_trees_grow() -> None:
    nothing = lesson(0, good=1)
    nothing.right[:] = False
    assert Forest(trees=8).taught([nothing]) is None


def test_a_voice_that_knew_one_season_only_does_not_lead() -> None:
    # Voice 2 knows everything in one window and nothing in the others; voice 0 is good in all.
    lessons = [lesson(i, good=0, noise=0.3) for i in range(3)]
    lessons[1].table.said[2] = lessons[1].right
    weights = stepwise(lessons, one(0, 3))
    assert weights[0] >= weights[2]


def test_a_sum_that_does_not_carry_over_is_not_believed() -> None:
    # Voice 0 is good everywhere. Voice 1 + i helps in every window but window i, where it names
    # some wrong products: whoever learns without that window believes it, and is worse there.
    # Learned on all three at once each would seem to help, on the mean and in two of three.
    lessons = []
    for i in range(3):
        taught = lesson(i, good=0, voices=4)
        random = np.random.default_rng(i)
        taught.table.said[0] = 0.6 * taught.right + 0.8 * random.random(taught.right.shape)
        for voice in range(3):
            some = random.random(taught.right.shape)
            wrong, right = ~taught.right & (some < 0.04), taught.right & (some < 0.4)
            taught.table.said[1 + voice] = wrong if voice == i else right
        lessons.append(taught)
    assert (stepwise(lessons, one(0, 4))[1:] > 0).any()
    mind = learn(lessons, "abcd", {"a": 1.0})
    assert mind.unseen["sum"] < mind.unseen["single"] <= mind.unseen[mind.way]
    assert mind.way != "sum"


def test_the_newest_window_judges_the_ways_once_more() -> None:
    old = [lesson(i, good=1, noise=0.5) for i in range(3)]
    before = learn(old, NAMES, {"a": 1.0})
    assert before.windows == 3
    # In the newest window voice 0 knows everything, as the fixed weights always said.
    newest = lesson(9, good=0)
    after = learn([*old, newest], NAMES, {"a": 1.0}, before)
    assert after.windows == 4
    assert after.unseen["prior"] == pytest.approx((3 * before.unseen["prior"] + 1) / 4)
    said = before.ways["single"].scores(newest.table)
    assert after.unseen["single"] == pytest.approx(
        (3 * before.unseen["single"] + newest.ndcg(said)) / 4
    )
    assert after.unseen[after.way] == max(after.unseen.values())


def test_a_newest_window_with_few_questions_changes_nothing() -> None:
    old = [lesson(i, good=1, noise=0.5) for i in range(3)]
    before = learn(old, NAMES, {"a": 1.0})
    assert learn([*old, lesson(9, good=0).some(50)], NAMES, {"a": 1.0}, before) is before


def test_too_few_questions_leave_the_fixed_weights() -> None:
    few = lesson(0, good=1).some(50)
    mind = learn([few, few, few], NAMES, {"c": 1.0})
    assert mind.way == "prior"
    assert mind.weights.tolist() == [0, 0, 1]


@settings(max_examples=25)
@given(st.integers(0, 10_000))
def test_each_step_is_judged_as_by_sorting(seed: int) -> None:
    random = np.random.default_rng(seed)
    rows, width, steps = 12, 25, (0.5, 1.0)
    long = random.integers(0, width + 1, rows)
    there = np.arange(width) < long[:, None]
    # Few different words: most candidates have equals.
    said = (random.integers(0, 4, (3, rows, width)) * there).astype(np.float32)
    scores = (random.integers(0, 3, (rows, width)) * there).astype(np.float32)
    right = (random.random((rows, width)) < 0.2) & there
    product = np.where(there, np.arange(width), -1).astype(np.int32)
    # As a sample has it: every second row, which does not lie in one piece.
    heard = Lesson(
        Table(product, said, np.zeros((0, rows, width), dtype=np.float32)),
        right,
        right.sum(axis=1) + 1,  # one more was not among the candidates
    ).every(2)
    found = heard.ndcgs(scores[::2], steps)
    for voice, step in np.ndindex(*found.shape):
        values = []
        for row in range(0, rows, 2):
            summed = (scores[row] + steps[step] * said[voice, row])[: long[row]]
            best = np.argsort(-summed, kind="stable")[:10]
            gain = (right[row, best] / np.log2(np.arange(2, len(best) + 2))).sum()
            ideal = (1 / np.log2(np.arange(2, min(right[row].sum() + 1, 10) + 2))).sum()
            values.append(gain / ideal)
        assert found[voice, step] == pytest.approx(np.mean(values))


@settings(max_examples=10)
@given(st.integers(0, 10_000))
def test_weights_are_never_negative_and_never_all_nothing(seed: int) -> None:
    lessons = [lesson(seed + i, good=(seed + i) % 3, noise=0.9) for i in range(3)]
    weights = stepwise(lessons, one(seed % 3, 3))
    assert (weights >= 0).all()
    assert weights.sum() > 0


def test_a_quiet_shop_has_longer_windows() -> None:
    busy = orders(*((0, day / 8, [0]) for day in range(2_400)))
    quiet = orders(*((0, day * 2, [0]) for day in range(150)))
    width = [{b.cut_s - a.cut_s for a, b in pairwise(windows(d, NOW_S))} for d in (busy, quiet)]
    assert width == [{28 * DAY_S}, {49 * DAY_S}]


def test_windows_are_the_last_ones_and_each_knows_only_what_was_before() -> None:
    data = orders(*((0, day, [0]) for day in range(200)))
    found = windows(data, NOW_S)
    assert len(found) == WINDOWS
    weeks4 = 28 * DAY_S
    assert [s.cut_s for s in found] == [NOW_S - 3 * weeks4, NOW_S - 2 * weeks4, NOW_S - weeks4]
    for split in found:
        assert split.train.at_s.max() < split.cut_s <= split.test.at_s.min()
        assert split.test.at_s.max() < split.cut_s + weeks4
    assert windows(orders((0, 3, [0])), NOW_S) == []


# --- the ensembles --------------------------------------------------------------------------------


def test_a_blend_says_whether_company_or_likeness_speaks_for_a_product() -> None:
    goods = catalogue(["red mug", "green pot", "red mugs", "blue pot"])
    data = orders(*((i, i, [0, 1]) for i in range(4)), (9, 3, [3]))
    lists = Blend().fit(Known(data, goods, NOW_S))
    row = lists.slots.index("blend:100")
    place = {p: i for i, p in enumerate(lists.product[row].tolist())}
    company, likeness = place[1], place[2]
    assert lists.support[row, company] == 4
    assert lists.strength[row, company] > 0
    assert lists.strength[row, likeness] == 0
    assert lists.support[row, likeness] & SHARED_TITLE


def test_a_blend_learns_from_a_shop_with_enough_orders() -> None:
    data = themed_shop(orders_=1_500)
    goods = catalogue(64)
    lists = Blend().fit(Known(data, goods, NOW_S))
    row = lists.slots.index("blend:100")
    assert set(lists.product[row, :5].tolist()) < set(range(1, 8))  # its theme


def test_a_product_without_orders_keeps_the_company_of_what_looks_like_it() -> None:
    # Two words name a theme in two halves: product 0 looks like half of its theme only, and what
    # those are bought with is the other half. Nobody knows an order with product 0.
    data = themed_shop(orders_=1_500)
    kept = data.product != 0
    data = replace(
        data,
        order=data.order[kept],
        product=data.product[kept],
        customer=data.customer[kept],
        quantity=data.quantity[kept],
        at_s=data.at_s[kept],
    )
    goods = catalogue([f"{'ab'[p % 8 // 4]}{p // 8} thing number{p}" for p in range(64)])
    lists = Blend().fit(Known(data, goods, NOW_S))
    row = lists.product[lists.slots.index("blend:100")]
    assert len(set(row[:6].tolist()) & set(range(1, 8))) >= 5
    assert set(row[:6].tolist()) & {4, 5, 6, 7}  # not only what looks like it


def test_new_for_you_never_holds_what_the_customer_bought() -> None:
    data = themed_shop(orders_=400)
    lists = ForYou().fit(Known(data, catalogue(64), NOW_S))
    times = habits(data, 64, NOW_S, np.inf)
    seen = set()
    for name, row, support in zip(lists.slots, lists.product, lists.support, strict=True):
        key = name.removeprefix("for_you:")
        own = set(times[[int(key.removeprefix("new:")) - 500]].indices.tolist())
        listed = row[row >= 0].tolist()
        seen.add(key.startswith("new:"))
        if key.startswith("new:"):
            assert not own & set(listed)
        else:
            counts = times[[int(key) - 500]].toarray()[0]
            assert support[: len(listed)].tolist() == [int(counts[p]) for p in listed]
    assert seen == {True, False}


def test_in_a_huge_shop_the_newest_customers_and_the_best_sellers_get_the_lists() -> None:
    data = orders(*((who, 20 - who, [0, 1, 2 + who]) for who in range(9)))
    known = Known(data, catalogue(12), NOW_S)
    lists = ForYou(most_customers=3).fit(known)
    assert {int(s.rpartition(":")[2]) for s in lists.slots} == {506, 507, 508}
    blended = Blend(most_products=2).fit(known).slots
    assert set(blended) == {"blend:100", "blend:101"}
