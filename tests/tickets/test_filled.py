"""What a filled-in form carries: read back exactly, and nothing else is one."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.filled import Filled, read, stamp

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**15), 10**15) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(st.sampled_from(["policy", "ticket"]), st.text(), st.text(), st.dictionaries(st.text(), _JSON, max_size=4))
def test_a_form_is_read_as_it_was_written(kind: Any, of: str, stamp: str, values: dict[str, Any]) -> None:
    form = Filled(kind, of, stamp, values)
    assert read(form.payload()) == form


@pytest.mark.parametrize(
    "text",
    [
        "",
        "/fill",
        "fill in a form",
        "\u2060" + Filled("policy", "dispute_window", "x", {}).payload(),
        " " + Filled("policy", "dispute_window", "x", {}).payload(),
        Filled("policy", "dispute_window", "x", {}).payload() + " ",
        '/fill["policy","dispute_window","x",{}]',
        '/fill["policy", "dispute_window", "x", []]',
        '/fill["policy", "dispute_window", 5, {}]',
        '/fill["other", "dispute_window", "x", {}]',
        '/fill["policy", "dispute_window", "x", {}, 1]',
        '/fill["policy", "dispute_window", "x", {"a": 1, "a": 2}]',
        "/fill" + "[" * 50_000,
        Filled("policy", "dispute_window", "x", {"a": "b" * 100_000}).payload(),
    ],
)
def test_nothing_else_is_a_form(text: str) -> None:
    assert read(text) is None


def test_a_stamp_tells_values_apart_and_not_their_order() -> None:
    assert stamp({"a": 1, "b": [2]}) == stamp({"b": [2], "a": 1})
    assert len({stamp({}), stamp({"a": 1}), stamp({"a": "1"}), stamp({"a": None})}) == 4
