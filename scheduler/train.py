"""Learn from a shop's orders, measure on its latest weeks, and publish what is good enough.

Fitting is `recommenders`', deciding is its gate's; here is what happens with the outcome: lists
are written in small transactions while the old ones go on being served, then one pointer per
placement flips. A run that dies leaves an incomplete model that nothing points at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np
from sqlalchemy import Connection

from recommenders.chains import CHAINS
from recommenders.gate import Decision, Promoted, Refused, gate
from recommenders.groups import groups
from recommenders.known import Known
from recommenders.measure import Live, LiveAt, Trial, backtest
from recommenders.personal import Personal
from recommenders.registry import RECOMMENDERS, Recommender
from recommenders.study import Ensemble, Study
from scheduler.room import fitting, room
from store.engine import reading, writing
from store.errors import Explained
from store.opening import Store
from store.reads import models as model_reads
from store.reads.shops import Shop
from store.reads.training import TrainingData, training_data
from store.records import PLACEMENTS, Catalogue, Lists, Placement
from store.writes import catalogue as catalogue_writes
from store.writes import models as writes

# A model that passed the gate stays while retrains are unproven, but not for ever: what it knows
# of the catalogue and the season grows old.
PASSED_MODEL_STAYS = timedelta(days=14)

# These say what they are ("Similar products", "Trending") and so compete with nothing.
LABELLED: frozenset[Placement] = frozenset(
    {"similar", "recently_viewed", "trending", "buy_again", "bestsellers"}
)

# What is served where nothing is proven: bestsellers, the category's before the shop's.
SAFE = ("bestseller",)
# ... and where a customer is known, what they bought before: without proof of anything better,
# nothing foretells a purchase as well (docs/recommenders.md).
SAFE_FOR: dict[Placement, tuple[str, ...]] = {"you_might_like": ("repurchase", "bestseller")}

_ENTRY = np.dtype([("product", "<i8"), ("score", "<f4"), ("support", "<i4"), ("strength", "<f4")])


class NothingToLearn(Explained):
    """The shop has no products yet."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one placement: `outcome` is promoted, refused, unproven or labelled."""

    placement: Placement
    outcome: str
    why: str
    strategies: tuple[str, ...]
    published: bool


@dataclass(frozen=True, slots=True)
class Trained:
    version: int
    orders: int
    trials: Sequence[Trial]
    outcomes: Sequence[Outcome]


Say = Callable[[str], None]


def train(
    store: Store,
    shop: Shop,
    say: Say,
    until: datetime | None = None,
    recommenders: Sequence[Recommender] | None = None,
) -> Trained:
    """One training run, start to finish. `until` ignores later orders."""
    recommenders = recommenders or _sized(store.settings.svd_max_interactions)
    say("reading orders, page views and clicks")
    with reading(store.engine) as connection:
        data = training_data(connection, shop.id, until)
        live = model_reads.live(connection, shop.id)
    data = _within(data, store.settings.train_memory_mib, say)
    if not len(data.catalogue):
        raise NothingToLearn(f"{shop.name} has no products yet. Run `flask sync {shop.key}` first.")
    at_s = data.interactions.at_s
    now_s = int(at_s[-1]) if len(at_s) else int(shop.now().timestamp())

    known = Known(
        data.interactions,
        data.catalogue,
        now_s,
        page_views=data.page_views,
        impressions=data.impressions,
    )
    say("measuring on the most recent weeks")
    with reading(store.engine) as connection:
        lived = _lived(connection, live)
        measured = backtest(known, recommenders, live=lived) if len(at_s) else None
    trials = measured.trials if measured else []
    past = measured.study if measured else Study()
    decisions = {trial.placement: gate(trial) for trial in trials}

    data_until = datetime.fromtimestamp(now_s, UTC)
    with writing(store.engine) as connection:
        model_id, version = writes.begin_model(
            connection,
            shop.id,
            data_until,
            data.data_hash,
            data.interactions.orders,
            datetime.now(UTC),
        )
    strategies = []
    for recommender in recommenders:
        say(f"learning {recommender.strategy}")
        lists = _fitted(recommender, known, past)
        strategies.append(recommender.strategy)
        for batch in _batches(packed(lists, data.catalogue), writes.BATCH):
            with writing(store.engine) as connection:
                writes.save_lists(connection, model_id, batch)

    say("publishing")
    outcomes = [
        _outcome(placement, decisions.get(placement), tuple(strategies), live.get(placement), shop)
        for placement in PLACEMENTS
    ]
    _publish(store, shop, model_id, version, trials, outcomes, data)
    return Trained(version, data.interactions.orders, trials, outcomes)


def _within(data: TrainingData, setting_mib: int, say: Say) -> TrainingData:
    """The data as far as memory allows."""
    views = sum(len(told) for told in (data.page_views, data.impressions) if told is not None)
    fits = fitting(data.interactions, data.catalogue, room(setting_mib), views)
    if fits is data.interactions:
        return data
    say(
        f"only the newest {len(fits.product):,} of {len(data.interactions.product):,} order lines: "
        "memory allows no more (TRAIN_MEMORY_MIB)"
    )
    return replace(data, interactions=fits)


def _fitted(recommender: Recommender, known: Known, past: Study) -> Lists:
    """Today's lists; an ensemble's by what the backtest and the windows before it taught."""
    if isinstance(recommender, Ensemble):
        return recommender.answer(known, past.teach(recommender))
    return recommender.fit(known)


def _lived(connection: Connection, live: Mapping[str, model_reads.Live]) -> LiveAt:
    """What is live, to be measured beside the new model where that is fair.

    A model that already knew the weeks it is asked about would win by memory alone.
    """

    def at(cut_s: int) -> Live:
        return {
            placement: (model_reads.StoredLists(connection, it.model_id), frozenset(it.strategies))
            for placement in PLACEMENTS
            if (it := live.get(placement)) and it.data_until.timestamp() <= cut_s
        }

    return at


def _sized(most_interactions: int) -> tuple[Recommender, ...]:
    """The recommenders, with SVD's share of time and memory bounded by the setting."""
    return tuple(
        replace(r, max_ratings=most_interactions) if isinstance(r, Personal) else r
        for r in RECOMMENDERS
    )


def packed(lists: Lists, catalogue: Catalogue) -> Iterator[tuple[str, bytes]]:
    """(slot, row) as `store.packing` reads it; a list without entries is left out."""
    rows = np.empty(lists.product.shape, dtype=_ENTRY)
    there = lists.product >= 0
    rows["product"] = np.where(there, catalogue.keys[np.where(there, lists.product, 0)], 0)
    rows["score"], rows["support"], rows["strength"] = lists.score, lists.support, lists.strength
    for slot, row, length in zip(lists.slots, rows, there.sum(axis=1), strict=True):
        if length:
            yield slot, row[:length].tobytes()


def _batches(rows: Iterator[tuple[str, bytes]], size: int) -> Iterator[list[tuple[str, bytes]]]:
    batch: list[tuple[str, bytes]] = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def served(
    placement: Placement, decision: Decision | None, strategies: Sequence[str]
) -> tuple[str, ...]:
    """Which of a new model's strategies a placement would show, by what the gate said."""
    if placement in LABELLED or isinstance(decision, Promoted):
        wanted = {part.strategy for step in CHAINS[placement] for part in step}
        return tuple(s for s in strategies if s in wanted)
    return SAFE_FOR.get(placement, SAFE)


def _outcome(
    placement: Placement,
    decision: Decision | None,
    strategies: tuple[str, ...],
    live: model_reads.Live | None,
    shop: Shop,
) -> Outcome:
    """What to serve on a placement, and whether this model takes over there."""
    usable = served(placement, decision, strategies)
    if placement in LABELLED:
        return Outcome(placement, "labelled", "Says what it is; not judged.", usable, True)
    if isinstance(decision, Promoted):
        return Outcome(placement, "promoted", decision.why, usable, True)
    refused = isinstance(decision, Refused)
    outcome = "refused" if refused else "unproven"
    why = decision.why if decision else "Unproven: too few recent orders to judge by."
    if not refused and shop.settings.get("unproven") == "serve":
        wanted = {part.strategy for step in CHAINS[placement] for part in step}
        every = tuple(s for s in strategies if s in wanted)
        return Outcome(placement, outcome, f"{why} Served by the owner's choice.", every, True)
    if _still_good(live, shop.now()):
        return Outcome(placement, outcome, f"{why} The model that passed stays.", usable, False)
    own = "repurchase" in usable
    simple = "What each customer bought before, then bestsellers," if own else "Bestsellers"
    return Outcome(placement, outcome, f"{why} {simple} are served instead.", usable, True)


def _still_good(live: model_reads.Live | None, now: datetime) -> bool:
    """Whether what is live passed the gate, and not too long ago."""
    if live is None or live.outcome != "promoted":
        return False
    return now - live.since_at < PASSED_MODEL_STAYS


def _publish(
    store: Store,
    shop: Shop,
    model_id: int,
    version: int,
    trials: Sequence[Trial],
    outcomes: Sequence[Outcome],
    data: TrainingData,
) -> None:
    same = groups(data.catalogue)
    keys = data.catalogue.keys
    grouped = dict(zip(keys.tolist(), keys[same].tolist(), strict=True))
    with writing(store.engine) as connection:
        catalogue_writes.save_groups(connection, grouped)
    with writing(store.engine) as connection:
        writes.finish_model(
            connection,
            model_id,
            [m for trial in trials for m in (*trial.measures, trial.gain, *trial.gains)],
            [(o.placement, o.outcome, o.why, o.strategies) for o in outcomes],
        )
        for outcome in outcomes:
            if outcome.published:
                writes.publish(
                    connection,
                    shop.id,
                    outcome.placement,
                    model_id,
                    outcome.strategies,
                    f"version {version}: {outcome.why}",
                    shop.now(),
                )


def roll_back(store: Store, shop: Shop, version: int | None) -> int:
    """Serve an earlier version everywhere, with what it served then; returns the version."""
    with reading(store.engine) as connection:
        if version is None:
            version = _one_before(connection, shop)
        model_reads.by_version(connection, shop.id, version)  # says so where it is gone
        served = model_reads.served_with(connection, shop.id, version)
    why, now = f"rolled back to version {version}", shop.now()
    with writing(store.engine) as connection:
        for it in served:
            writes.publish(connection, shop.id, it.placement, it.model_id, it.strategies, why, now)
    return version


def _one_before(connection: Connection, shop: Shop) -> int:
    """The newest version with its lists before the one that is live."""
    live = model_reads.live(connection, shop.id)
    newest = max((placement.version for placement in live.values()), default=0)
    for model in model_reads.every(connection, shop.id):
        if model.version < newest and model.has_lists:
            return model.version
    raise model_reads.UnknownModel("There is no earlier version to go back to.")
