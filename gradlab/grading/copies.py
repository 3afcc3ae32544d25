"""Answers that are the same but for names, or nearly the same in words.

They are a reason to talk to learners, and no more: nothing here takes off points.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from functools import cache

from gradlab.exercises.catalogue import ALL_EXERCISES, EXERCISES, WRITTEN
from gradlab.grading.intake.code.nameless import spell_nameless
from gradlab.grading.outcome.results import LearnerResult
from gradlab.grading.outcome.same_answers import SAME_AS_PUBLISHED, SameAnswers

# Of code, in words as `spell_nameless` counts them. Where anybody would write the same, answers
# are short: softmax has 42, close_enough 67, cross_entropy 72, and numerical_gradient, as
# textbooks have it, 87. The references from which people depart have 93 (taylor_polynomial) to
# 235 (backward), and of the right answers in the tests no two are the same.
_SHORTEST_CODE = 90
# In words, as people count them.
_SHORTEST_TEXT = 40
_MOST_WORDS = 500
_RUN = 5
_NEAR = 0.8

# Hashes, which are compared in no time.
_Grams = frozenset[int]


def find_copies(results: Sequence[LearnerResult]) -> list[SameAnswers]:
    r"""Find the long answers that several learners have alike, or that are the published ones.

    Parameters
    ----------
    results : sequence of LearnerResult
        What grading found.

    Returns
    -------
    list of SameAnswers
        In the order of the exercises, then of the learners. What was found to be the published
        solution word by word is left out: that is noted when it is read.

    Examples
    --------
    >>> from gradlab.exercises.catalogue import EXERCISES
    >>> from gradlab.grading.copies import find_copies
    >>> from gradlab.grading.outcome.results import ExerciseResult, LearnerResult
    >>> text = EXERCISES["backward"].source().replace("gradients", "grads")
    >>> answer = ExerciseResult("backward", 5, "right", 4.0, 4.0, answer=text)
    >>> (same,) = find_copies([LearnerResult("ada", "graded", (answer,))])
    >>> same.places, same.is_published
    ((0,), True)
    """
    texts: dict[str, dict[int, str]] = {name: {} for name in ALL_EXERCISES}
    for place, result in enumerate(results):
        for one in result.exercises:
            if one.answer and one.name in texts and SAME_AS_PUBLISHED not in one.notes:
                texts[one.name][place] = one.answer
    found: list[SameAnswers] = []
    for name, answers in texts.items():
        answered = sum(
            any(one.name == name and one.answer for one in result.exercises) for result in results
        )
        groups = _group_words(name, answers) if name in WRITTEN else _group_code(name, answers)
        found += (
            SameAnswers(name, places, answered, is_published, name in WRITTEN)
            for places, is_published in groups
        )
    return found


def _group_code(name: str, texts: Mapping[int, str]) -> Iterator[tuple[tuple[int, ...], bool]]:
    """Yield who has the same code, and whether it is the published one."""
    groups: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    spelled: dict[str, tuple[str, ...]] = {}
    for place, text in texts.items():
        if text not in spelled:
            spelled[text] = spell_nameless(name, text)
        if len(spelled[text]) >= _SHORTEST_CODE:
            groups[spelled[text]].append(place)
    for words, places in groups.items():
        is_published = words == _spell_published(name)
        if is_published or len(places) > 1:
            yield tuple(places), is_published


@cache
def _spell_published(name: str) -> tuple[str, ...]:
    return spell_nameless(name, EXERCISES[name].source())


def _group_words(name: str, texts: Mapping[int, str]) -> Iterator[tuple[tuple[int, ...], bool]]:
    """Yield who has nearly the same words, and whether they are the published ones."""
    model = _find_grams(WRITTEN[name].model)
    published = []
    # The first of a group stands for it: what is near to that belongs to it.
    groups: list[tuple[_Grams, list[int]]] = []
    having: defaultdict[int, list[int]] = defaultdict(list)
    for place, text in texts.items():
        grams = _find_grams(text)
        if text.strip() == WRITTEN[name].model.strip() or not grams:
            continue
        if _is_near(grams, model):
            published.append(place)
            continue
        # Two that are near have so many in common that one of these few is among them.
        few = sorted(grams)[: int((1 - _NEAR) * len(grams)) + 2]
        maybe = sorted({number for gram in few for number in having[gram]})
        near = next((n for n in maybe if _is_near(grams, groups[n][0])), None)
        if near is not None:
            groups[near][1].append(place)
            continue
        for gram in few:
            having[gram].append(len(groups))
        groups.append((grams, [place]))
    if published:
        yield tuple(published), True
    yield from ((tuple(places), False) for _, places in groups if len(places) > 1)


def _find_grams(text: str) -> _Grams:
    """Return the runs of words of a text, whatever its case and punctuation; none if short."""
    words = re.findall(r"\w+", text.casefold())[:_MOST_WORDS]
    if len(words) < _SHORTEST_TEXT:
        return frozenset()
    return frozenset(hash(tuple(words[at : at + _RUN])) for at in range(len(words) - _RUN + 1))


def _is_near(one: _Grams, other: _Grams) -> bool:
    """Whether two texts share most of what they have together."""
    few, many = sorted((len(one), len(other)))
    if few < _NEAR * many:
        return False
    shared = len(one & other)
    return shared >= _NEAR * (len(one) + len(other) - shared)
