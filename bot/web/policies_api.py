"""GET and POST /api/policies: the calculations for scripts and the portal, with typed inputs.

The calculations are pure and light, so `bot` runs them itself; nothing else of the knowledge is here.
"""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StrictBool, StrictInt, create_model

from bot.web.callers import Callers, check_caller
from bot.web.chat_api import PROBLEMS, Problem
from knowledge.policy.catalogue import POLICIES
from knowledge.policy.fields import Field as Input
from knowledge.policy.fields import InvalidInput, Policy
from knowledge.policy.json_form import MissingInputs, calculate, describe
from knowledge.policy.money import Currency
from settings import Settings


def _written(value: object) -> object:
    """A day or moment as text only: a number would pass for seconds since 1970."""
    if not isinstance(value, str) or value[4:5] != "-":
        raise ValueError("write it like 2026-01-31")
    return value


Day = Annotated[date, BeforeValidator(_written)]
Moment = Annotated[datetime, BeforeValidator(_written)]


class PriceInput(BaseModel):
    """An amount; the currency where it is known."""

    model_config = ConfigDict(extra="forbid")

    amount: Decimal | int = Field(description="as text, like “1200.00”")
    currency: Currency | None = None


class ItemInput(BaseModel):
    """One line of an order; the price is the line's, or one piece's where `each` is true."""

    model_config = ConfigDict(extra="forbid")

    date: Day
    price: PriceInput | None = None
    quantity: StrictInt = 1
    name: str | None = None
    each: StrictBool = False


class OutcomeShown(BaseModel):
    """The result of a calculation: see docs/policies.md."""

    policy: str
    decision: str
    verdict: str
    figures: dict[str, Any]
    steps: list[str]
    sources: list[str]
    caveats: list[str]
    inputs: dict[str, str]
    rule_version: str
    holds_from: str | None
    ticket: str | None
    timeline: dict[str, Any] | None


class InputProblem(Problem):
    """An input that cannot be, or inputs that are missing."""

    field: str | None = None
    missing: list[str] = Field(default_factory=list)


_TYPES: dict[str, Any] = {
    "date": Day,
    "moment": Moment,
    "money": PriceInput,
    "count": StrictInt,
    "yes_no": StrictBool,
    "country": str,
    "text": str,
    "items": list[ItemInput],
    "tiers": dict[str, StrictInt],
}


def router(settings: Settings, callers: Callers) -> APIRouter:
    """One typed route a calculation, and the list of all."""
    routes = APIRouter(prefix="/api/policies", tags=["policies"], responses=PROBLEMS)

    @routes.get("", summary="All calculations with their inputs, sources and parameters")
    async def policies() -> list[dict[str, Any]]:
        return [describe(policy) for policy in POLICIES.values()]

    for policy in POLICIES.values():
        _add(routes, policy, settings, callers)
    return routes


def _add(routes: APIRouter, policy: Policy, settings: Settings, callers: Callers) -> None:
    async def run(body: BaseModel, request: Request) -> Any:
        check_caller(request, settings)
        await callers.of(request)
        given = body.model_dump(mode="json", exclude_unset=True)
        on = given.pop("today", None)
        try:
            return calculate(policy, given, datetime.now(UTC), date.fromisoformat(on) if on else None)
        except MissingInputs as problem:
            return JSONResponse({"detail": problem.reason, "field": None, "missing": problem.names}, 422)
        except InvalidInput as problem:
            return JSONResponse({"detail": problem.reason, "field": problem.field, "missing": []}, 422)

    run.__annotations__["body"] = _body(policy)  # what FastAPI reads the typed inputs from
    routes.add_api_route(
        f"/{policy.id}",
        run,
        methods=["POST"],
        summary=policy.title,
        name=policy.id,
        response_model=OutcomeShown,
        responses={422: {"model": InputProblem, "description": "An input cannot be, or is missing"}},
    )


def _body(policy: Policy) -> type[BaseModel]:
    """The typed inputs of one calculation, for OpenAPI and a first check of form."""
    fields: dict[str, Any] = {field.name: (_type(field) | None, _described(field)) for field in policy.fields}
    fields["today"] = (Day | None, Field(None, description="The day to reckon on; today where it is left out."))
    name = "".join(part.capitalize() for part in policy.id.split("_"))
    return create_model(f"{name}Inputs", __config__=ConfigDict(extra="forbid"), **fields)


def _type(field: Input) -> Any:
    return Literal[tuple(field.choices)] if field.kind == "choice" else _TYPES[field.kind]


def _described(field: Input) -> Any:
    need = "" if not field.optional else " (optional)"
    return Field(None, description=f"{field.label}{need}. {field.question}")
