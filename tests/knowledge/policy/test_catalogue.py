"""The list of calculations: complete, and every one with questions, sources and tables of its own."""

from __future__ import annotations

from dataclasses import is_dataclass
from datetime import date
from inspect import getdoc, getmodule

import pytest

from knowledge.faq.entries import Content
from knowledge.policy.catalogue import POLICIES
from knowledge.policy.fields import Policy


def test_all_twenty_one_are_there() -> None:
    assert len(POLICIES) == 21
    assert all(policy_id == policy.id for policy_id, policy in POLICIES.items())


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_its_sources_are_entries(policy: Policy, content: Content) -> None:
    assert policy.sources
    assert set(policy.sources) <= content.entries.keys()


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_its_questions_are_short_and_its_fields_clear(policy: Policy) -> None:
    names = [field.name for field in policy.fields]
    labels = [field.label for field in policy.fields]
    assert len(set(names)) == len(names)
    assert len(set(labels)) == len(labels)
    for field in policy.fields:
        assert "?" in field.question
        assert len(field.question) <= 160
        assert bool(field.choices) == (field.kind == "choice")
        assert all(len(title) <= 40 for title in field.choices.values()), "a button title is too long"


@pytest.mark.parametrize("policy", POLICIES.values(), ids=POLICIES)
def test_its_function_is_named_like_it_takes_typed_inputs_and_tells_its_rule(policy: Policy) -> None:
    module = getmodule(policy.compute)
    function = getattr(module, policy.id)
    assert "(" in (getdoc(function) or ""), "the docstring names no source"
    inputs, today = function.__annotations__["inputs"], function.__annotations__["today"]
    assert is_dataclass(getattr(module, inputs))
    assert today == date.__name__
