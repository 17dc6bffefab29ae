"""Runs by looks: seeds are added until every planned comparison is decided, or the plan is over."""

import json
from collections.abc import Callable
from dataclasses import replace

from analysis.statistics.boundaries import Spending
from analysis.statistics.looks import LOOKS, USUAL_SPENDING, LookPlan
from data import InputError
from studies.definition.study import Study
from studies.results.comparing import Pairs, open_comparisons
from studies.results.reading import read
from studies.results.tables import input_errors
from studies.running.request import Request


def planned_looks(request: Request, looks: tuple[int, ...], spending: Spending | None) -> LookPlan:
    """The plan of a variant: the one that was stored with its first record, or a new one.

    Args:
        request: What is asked for; the comparisons among its conditions share the error.
        looks: The numbers of seeds that were named; empty for the stored or the usual ones.
        spending: The function that was named; None for the stored or the usual one.

    Raises:
        InputError: The study plans no comparison; its records were begun without a plan, or with
            another one.
    """
    study, variant, store = request.variant.study, request.variant.name, request.store
    pairs = _pairs(request)
    if not pairs:
        raise InputError(
            f"Received --until-decided for {study.name}, of which no planned comparison is run; "
            "expected a study that plans one: comparisons=((A, B),)."
        )
    with input_errors():
        asked = LookPlan(looks or LOOKS, spending or USUAL_SPENDING, len(pairs))
    if request.overwrite or store.planned(study.name, variant) is None:
        return asked
    stored = store.design(study.name, variant)
    remedy = "begin anew with --overwrite, or in another --store"
    if not stored:
        raise InputError(
            f"Received --until-decided for {study.name} ({variant}), whose records were begun "
            "without a plan of looks; expected a plan made before the first of them, or its error "
            f"rate would not hold: {remedy}."
        )
    plan = LookPlan.stored(stored)
    named = replace(
        plan, looks=looks or plan.looks, spending=spending or plan.spending, comparisons=len(pairs)
    )
    if named != plan:
        raise InputError(
            f"Received another plan of looks for {study.name} ({variant}) ({named}) than the one "
            f"made with its first record ({plan}); expected the same, or its error rate would not "
            f"hold: leave out what changes it, or {remedy}."
        )
    return plan


def run_by_looks(
    request: Request,
    study: Study,
    plan: LookPlan,
    step: Callable[[Request], None],
    say: Callable[[str], None],
) -> None:
    """Run the seeds of each look, of the conditions whose comparisons are open.

    Args:
        request: What is asked for, without seeds.
        study: The study as it is defined.
        plan: The plan.
        step: Runs a request.
        say: Given a line before each look.
    """
    conditions, about = tuple(request.recipes), "all comparisons open"
    request = replace(request, planned=plan.looks[-1], design=json.dumps(plan.to_json()))
    for number, seeds in enumerate(plan.looks, 1):
        if number > 1:
            there = open_comparisons(read(request.store, study, request.variant.name))
            pairs = [pair for pair in there if set(pair) <= set(request.recipes)]
            if not pairs:
                break
            conditions = tuple(dict.fromkeys(name for pair in pairs for name in pair))
            about = f"open: {', '.join(f'{a} - {b}' for a, b in pairs)}"
        of_look = replace(request, seeds=range(seeds), conditions=conditions)
        say(f"look {number} of {len(plan.looks)}: {seeds} seeds; {about}")
        step(replace(of_look, overwrite=request.overwrite and number == 1))


def _pairs(request: Request) -> Pairs:
    """The planned comparisons of the conditions that are asked for."""
    return tuple(
        pair for pair in request.variant.study.comparisons if set(pair) <= set(request.recipes)
    )
