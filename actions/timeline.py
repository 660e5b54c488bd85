"""A small picture of days as SVG, with the partner's own day marked, and the same in words."""

from __future__ import annotations

from datetime import date

from knowledge.policy.outcome import Timeline


def picture(timeline: Timeline, own: date) -> str:
    return "<svg xmlns='http://www.w3.org/2000/svg'></svg>"


def alternative(timeline: Timeline, own: date) -> str:
    return ""
