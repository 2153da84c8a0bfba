"""How does an ensemble get to know a shop? It sits its past windows like an examination.

At the start of each window the voices are made from what was known then; what they say about the
window's questions, and which answers were right, is a lesson (`learn.py`). Lessons are made once
and serve every later model: the backtest learns from the windows before its cut, the model that
goes live from these and the backtest's own.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

from recommenders.choose import Ask
from recommenders.known import Known
from recommenders.learn import Lesson, Mind
from recommenders.questions import Question, Split, as_of
from recommenders.windows import WINDOWS, windows
from store.records import Catalogue, Lists

Minds = Mapping[str, Mind]
# The windows before the backtest's cut and the backtest's own, which may be as short as a week.
MOST_LESSONS = WINDOWS + 1


@runtime_checkable
class Ensemble(Protocol):
    """A recommender that learns from lessons, of one kind of question (a task) or several."""

    def questions(self, split: Split, catalogue: Catalogue) -> Mapping[str, Sequence[Question]]:
        """What a window asks, task by task."""
        ...

    def lesson(self, known: Known, task: str, asked: Sequence[Question]) -> Lesson:
        """What the voices say of a window's questions, by what was known at its start."""
        ...

    def taught(self, study: Study) -> Minds:
        """Whom to believe, task by task."""
        ...

    def answer(self, known: Known, minds: Minds, asks: Sequence[Ask] | None = None) -> Lists:
        """The lists; only those that some asks read, where a backtest needs no others."""
        ...


@dataclass
class Study:
    """The past windows, task by task, the oldest first; and what was learned from them before."""

    lessons: dict[str, list[Lesson]] = field(default_factory=dict)
    minds: dict[str, Mind] = field(default_factory=dict)
    # Whether voices that rest on page views, and on clicks, are among those heard.
    page_views: bool = False
    clicks: bool = False

    def add(self, ensembles: Sequence[Ensemble], known: Known, split: Split) -> None:
        """One more window: `known` is what was known at its start, `split` has its orders."""
        for ensemble in ensembles:
            for task, asked in ensemble.questions(split, known.catalogue).items():
                if asked:
                    lesson = ensemble.lesson(known, task, asked)
                    self.lessons[task] = [*self.lessons.get(task, []), lesson][-MOST_LESSONS:]

    def teach(self, ensemble: Ensemble) -> Minds:
        """What this ensemble makes of the lessons; kept, since the next model starts from it."""
        minds = ensemble.taught(self)
        self.minds.update(minds)
        return minds


def study(ensembles: Sequence[Ensemble], known: Known) -> Study:
    """The lessons of the last windows before now."""
    found = Study(page_views=known.page_views is not None, clicks=known.impressions is not None)
    for split in windows(known.interactions, known.now_s) if ensembles else ():
        then = known.at(split.cut_s, as_of(known.catalogue, split))
        found.add(ensembles, then, split)
        then.forget()
    return found
