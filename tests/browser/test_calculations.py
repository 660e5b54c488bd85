"""Calculations in the web chat: the form's buttons, the certificate and its timeline."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.chat_page import (
    DESKTOP,
    FAULTS,
    PHONE,
    SPY,
    answers,
    ask_and_wait,
    cut_off,
    open_chat,
    overflow,
)
from tests.service import Service

OVERDUE = "our invoice is 12 days overdue, which stage is it?"


def test_the_result_comes_first_with_a_timeline_and_its_words(page: Page) -> None:
    ask_and_wait(page, OVERDUE)
    bubble = answers(page).last.locator(".bubble")
    expect(bubble.locator("> *").nth(0).locator("strong")).to_contain_text("12 days overdue")
    picture = bubble.locator("> *").nth(1)
    expect(picture).to_have_role("img")
    assert "Today" in (picture.get_attribute("aria-label") or "")
    expect(picture.locator("text", has_text="Portal locked")).to_be_visible()
    for heading in ("What I understood", "How it comes about", "Please note", "Where it is published"):
        expect(bubble.get_by_text(heading, exact=True)).to_be_visible()
    assert page.evaluate("violations") == []
    assert FAULTS[page] == []


def test_the_timeline_survives_a_reload(page: Page) -> None:
    ask_and_wait(page, OVERDUE)
    page.reload()
    expect(answers(page).last.locator("svg.timeline text").first).to_be_visible()


def test_texts_of_the_timeline_stay_inside_and_apart(page: Page) -> None:
    for question in (OVERDUE, "phone bought on 12 may 2023 for 240 EUR, credit note if converted to HWaaS?"):
        ask_and_wait(page, question)
        boxes: list[dict[str, float]] = (
            answers(page)
            .last.locator("svg.timeline text")
            .evaluate_all(
                """(texts) => texts.map((text) => {
              const inside = text.ownerSVGElement.getBoundingClientRect(), mine = text.getBoundingClientRect();
              return {left: mine.left - inside.left, right: inside.right - mine.right, top: mine.top - inside.top,
                      bottom: inside.bottom - mine.bottom, x: mine.x, y: mine.y, w: mine.width, h: mine.height};
            })"""
            )
        )
        assert len(boxes) > 6
        assert min(box[side] for box in boxes for side in ("left", "right", "top", "bottom")) >= -1
        for i, one in enumerate(boxes):
            for other in boxes[i + 1 :]:
                apart_x = one["x"] + one["w"] <= other["x"] + 1 or other["x"] + other["w"] <= one["x"] + 1
                apart_y = one["y"] + 0.8 * one["h"] <= other["y"] or other["y"] + 0.8 * other["h"] <= one["y"]
                assert apart_x or apart_y


def test_a_choice_is_pressed_once_and_the_form_goes_on(page: Page) -> None:
    ask_and_wait(page, "calculate the commitment discount for my client")
    before = answers(page).count()
    answers(page).last.get_by_role("button", name="1 year", exact=True).click()
    expect(answers(page).nth(before)).to_contain_text("created")
    chip = answers(page).nth(before - 1).get_by_role("button", name="5 years", exact=True)
    expect(chip).to_have_attribute("aria-disabled", "true")


def test_both_readings_of_a_day_are_buttons(page: Page) -> None:
    ask_and_wait(page, "can we still dispute the invoice dated 03/04/2026?")
    before = answers(page).count()
    expect(answers(page).last.get_by_role("button", name="4 March 2026")).to_be_visible()
    answers(page).last.get_by_role("button", name="3 April 2026").click()
    expect(answers(page).nth(before)).to_contain_text("3 April 2027")


def test_an_answer_offers_to_work_out_the_own_case(page: Page) -> None:
    ask_and_wait(page, "What is the maximum dispute period?")
    before = answers(page).count()
    answers(page).last.get_by_role("button", name="Work it out for my case").click()
    expect(answers(page).nth(before)).to_contain_text("Which date is on the invoice?")
    ask_and_wait(page, "21 November 2025")
    expect(answers(page).last).to_contain_text("Invoice date: 21 November 2025")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_certificate_is_readable_on_a_phone_and_for_everybody(
    browser: Browser, service: Service, scheme: Any
) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")
    for viewport in (PHONE, DESKTOP):
        context = browser.new_context(viewport=viewport, color_scheme=scheme, reduced_motion="reduce", bypass_csp=True)
        context.add_init_script(SPY)
        page = open_chat(context, service.url)
        ask_and_wait(page, OVERDUE)
        assert overflow(page) <= 0
        assert cut_off(page) == 0
        found = axe.Axe().run(page).response
        serious = [one["id"] for one in found["violations"] if one["impact"] in {"serious", "critical"}]
        assert serious == []
        context.close()
