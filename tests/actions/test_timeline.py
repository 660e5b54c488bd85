"""The picture of days: well-formed, inside its frame, the partner's own day marked, and the same in words."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions.timeline import alternative, picture
from knowledge import strict_yaml
from knowledge.policy.catalogue import POLICIES
from knowledge.policy.inputs import from_json
from knowledge.policy.outcome import Mark, Timeline

CASES = Path(__file__).parents[1] / "cases" / "policies"
SVG = "{http://www.w3.org/2000/svg}"
LETTER = 6.2  # width of a letter of 12 px, about
FIRST = date(2026, 1, 1)
DISPUTE = Timeline(
    (
        Mark(date(2026, 5, 5), "Invoice"),
        Mark(date(2026, 11, 4), "Today", "own"),
        Mark(date(2027, 5, 6), "Last day to dispute", "end"),
    ),
    ((date(2026, 5, 5), date(2027, 5, 6), "Dispute accepted"),),
)


def drawn(timeline: Timeline) -> ElementTree.Element:
    return ElementTree.fromstring(picture(timeline)["svg"])


def found(svg: ElementTree.Element, tag: str, kind: str) -> list[ElementTree.Element]:
    return [one for one in svg.iter(f"{SVG}{tag}") if one.get("class") == kind]


def texts(svg: ElementTree.Element) -> list[str]:
    return [one.text or "" for one in svg.iter(f"{SVG}text")]


def check_inside(timeline: Timeline) -> None:
    """Every line, box, circle and text of a picture lies within its frame."""
    svg = drawn(timeline)
    left, top, width, height = map(float, svg.attrib["viewBox"].split())
    assert (left, top) == (0, 0)
    points: list[tuple[float, float]] = []
    for one in svg.iter():
        number = {name: float(value) for name, value in one.attrib.items() if name in FIGURES}
        if one.tag == f"{SVG}line":
            points += [(number["x1"], number["y1"]), (number["x2"], number["y2"])]
        elif one.tag == f"{SVG}rect":
            points += [
                (number["x"], number["y"]),
                (number["x"] + number["width"], number["y"] + number["height"]),
            ]
        elif one.tag == f"{SVG}circle":
            points += [(number["cx"] + way * number["r"], number["cy"] + way * number["r"]) for way in (-1, 1)]
        elif one.tag == f"{SVG}polygon":
            points += [(float(x), float(y)) for x, y in (pair.split(",") for pair in one.attrib["points"].split())]
        elif one.tag == f"{SVG}text":
            long = len(one.text or "") * LETTER
            begin = number["x"] - (long / 2 if one.get("text-anchor") == "middle" else 0)
            points += [(begin, number["y"] - 9), (begin + long, number["y"] + 3)]
    assert len(points) > 4
    outside = [(x, y) for x, y in points if not (0 <= x <= width and 0 <= y <= height)]
    assert outside == []


FIGURES = {"x", "y", "x1", "x2", "y1", "y2", "width", "height", "cx", "cy", "r"}


def test_each_day_has_its_row_in_words() -> None:
    assert texts(drawn(DISPUTE)) == [
        "Dispute accepted",
        *("5 May 2026", "Invoice"),
        *("4 Nov 2026", "Today"),
        *("6 May 2027", "Last day to dispute"),
    ]


def test_days_stand_in_proportion_to_time() -> None:
    """183 of 366 days is the middle of the 320 units between the edges."""
    svg = drawn(DISPUTE)
    assert [line.get("x1") for line in svg.iter(f"{SVG}line") if line.get("class") != "axis"] == [
        "10.0",
        "170.0",
        "330.0",
    ]
    (span,) = found(svg, "rect", "span")
    assert (span.get("x"), span.get("width")) == ("10.0", "320.0")


def test_the_own_day_and_only_it_is_marked_with_an_arrow() -> None:
    svg = drawn(DISPUTE)
    (arrow,) = found(svg, "polygon", "own")
    assert arrow.attrib["points"].split()[-1].startswith("170.0,")
    assert len(found(svg, "line", "own")) == len(found(svg, "circle", "own")) == 1
    assert [one.text for one in found(svg, "text", "strong")] == ["4 Nov 2026", "Today"]


def test_no_own_day_no_arrow() -> None:
    svg = drawn(Timeline(tuple(Mark(mark.day, mark.label) for mark in DISPUTE.marks)))
    assert list(svg.iter(f"{SVG}polygon")) == []
    assert found(svg, "text", "strong") == []


def test_the_end_has_a_kind_of_its_own() -> None:
    (end,) = found(drawn(DISPUTE), "line", "end")
    assert end.get("x1") == "330.0"


def test_the_same_in_words_for_who_does_not_see_it() -> None:
    words = (
        "Timeline. 5 May 2026: Invoice. 4 November 2026: Today. 6 May 2027: Last day to dispute. "
        "Dispute accepted: 5 May 2026 to 6 May 2027."
    )
    assert alternative(DISPUTE) == words
    svg = drawn(DISPUTE)
    assert svg.findtext(f"{SVG}title") == words
    assert svg.get("role") == "img"


def test_the_shapes_are_those_of_the_picture() -> None:
    """A page that may not parse markup makes the nodes itself, and gets the same picture."""
    made = picture(DISPUTE)
    svg = drawn(DISPUTE)
    elements = [one for one in svg if one.tag not in (f"{SVG}title", f"{SVG}style")]
    assert [name for name, _, _ in made["shapes"]] == [one.tag.removeprefix(SVG) for one in elements]
    for (_, attributes, text), one in zip(made["shapes"], elements, strict=True):
        assert {name: str(value) for name, value in attributes.items() if value != ""} == one.attrib
        assert text == (one.text or "")
    assert (made["view_box"], made["alternative"]) == (svg.get("viewBox"), alternative(DISPUTE))


def test_a_stretch_too_short_for_its_name_is_named_below() -> None:
    svg = drawn(Timeline(DISPUTE.marks, ((date(2026, 5, 5), date(2026, 5, 9), "A few days at the beginning"),)))
    assert "A few days at the beginning: 5 May 2026 – 9 May 2026" in " ".join(texts(svg))


def test_a_long_label_is_wrapped_between_words() -> None:
    label = "Ordering of hardware and HWaaS blocked, and an e-mail about it besides"
    shown = texts(drawn(Timeline((Mark(FIRST, label),))))[1:]
    assert len(shown) >= 2
    assert " ".join(shown) == label


def test_one_day_alone_stands_in_the_middle() -> None:
    only = Timeline((Mark(FIRST, "Today", "own"),))
    (line,) = found(drawn(only), "line", "own")
    assert line.get("x1") == "170.0"
    check_inside(only)


@pytest.mark.parametrize("count", [2, 20])
def test_many_days_have_a_row_each_and_the_picture_grows(count: int) -> None:
    many = Timeline(tuple(Mark(FIRST + timedelta(days=i), f"Day number {i}") for i in range(count)))
    rows = list(drawn(many).iter(f"{SVG}circle"))
    assert len({row.get("cy") for row in rows}) == count
    check_inside(many)


def test_days_and_stretches_together_set_the_ends_of_the_bar() -> None:
    wide = Timeline((Mark(FIRST, "Today", "own"),), ((FIRST - timedelta(days=9), FIRST + timedelta(days=1), "Closed"),))
    (line,) = found(drawn(wide), "line", "own")
    assert line.get("x1") == "298.0"  # 10 + 320 × 9/10
    check_inside(wide)


def test_every_picture_of_the_tables_of_cases_stays_in_its_frame() -> None:
    looked = set()
    for file in CASES.glob("*.yml"):
        policy = POLICIES[file.stem]
        for case in strict_yaml.load(file.read_text(encoding="utf-8")):
            if "refused" in case:
                continue
            timeline = policy.compute(from_json(policy, case["inputs"]), case["today"]).timeline
            if timeline is not None:
                check_inside(timeline)
                assert [mark.kind for mark in timeline.marks].count("own") == 1, case["name"]
                looked.add(policy.id)
    assert len(looked) >= 10


labels = st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn", "Zs", "Zl", "Zp")) | st.just(" "), max_size=60)
days = st.dates(date(1990, 1, 1), date(2100, 12, 31))
kinds = st.sampled_from(["step", "end", "own"])
marks = st.lists(st.builds(Mark, days, labels, kinds), min_size=1, max_size=20).map(tuple)
stretches = st.lists(st.tuples(days, days, labels).map(lambda s: (min(s[:2]), max(s[:2]), s[2])), max_size=4).map(tuple)


@given(st.builds(Timeline, marks, stretches))
def test_whatever_the_labels_the_picture_is_well_formed_and_says_them(timeline: Timeline) -> None:
    svg = drawn(timeline)
    words = "".join("".join(texts(svg)).split())
    for mark in timeline.marks:
        assert "".join(mark.label.split()) in words
    assert svg.findtext(f"{SVG}title") == alternative(timeline)
    assert len(list(svg.iter(f"{SVG}polygon"))) == [mark.kind for mark in timeline.marks].count("own")


@pytest.mark.parametrize("label", ["</text><script>alert(1)</script>", "<b>bold</b> & more", "]]>", "' onload='x"])
def test_a_label_stays_a_text(label: str) -> None:
    svg = drawn(Timeline((Mark(FIRST, label, "own"),), ((FIRST, FIRST, label),)))
    assert {one.tag.removeprefix(SVG) for one in svg.iter()} <= {
        *("svg", "title", "style", "text"),
        *("line", "rect", "circle", "polygon"),
    }
    assert label in texts(svg)
