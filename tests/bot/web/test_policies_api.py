"""/api/policies on the running service: typed inputs, outcomes, refusals."""

from __future__ import annotations

import httpx

from knowledge.policy.catalogue import POLICIES
from tests.service import Service


def test_all_calculations_are_listed_with_inputs_sources_and_parameters(service: Service) -> None:
    listed = httpx.get(f"{service.url}/api/policies").json()
    assert [policy["policy"] for policy in listed] == list(POLICIES)
    assert all(policy["inputs"] and policy["sources"] and policy["parameters"] for policy in listed)


def test_a_calculation_gives_steps_sources_and_caveats(service: Service) -> None:
    asked = {"due_date": "2026-01-01", "today": "2026-01-06"}
    outcome = httpx.post(f"{service.url}/api/policies/overdue_stage", json=asked).json()
    assert outcome["verdict"] == "ordering_blocked"
    assert outcome["figures"]["days_overdue"] == 5
    assert outcome["steps"]
    assert outcome["sources"] == ["billing/overdue-payments"]


def test_what_cannot_be_is_refused_with_its_field(service: Service) -> None:
    future = {"invoice_date": "2027-01-01", "today": "2026-01-01"}
    refused = httpx.post(f"{service.url}/api/policies/dispute_window", json=future)
    assert refused.status_code == 422
    assert refused.json()["field"] == "invoice_date"


def test_missing_inputs_are_named(service: Service) -> None:
    refused = httpx.post(f"{service.url}/api/policies/dispute_window", json={})
    assert refused.status_code == 422
    assert refused.json()["missing"] == ["invoice_date"]


def test_unknown_calculations_inputs_and_foreign_pages_are_refused(service: Service) -> None:
    url = f"{service.url}/api/policies"
    assert httpx.post(f"{url}/nonsense", json={}).status_code == 404
    assert httpx.post(f"{url}/dispute_window", json={"colour": "red"}).status_code == 422
    foreign = httpx.post(f"{url}/dispute_window", json={}, headers={"origin": "https://elsewhere.example"})
    assert foreign.status_code == 403


def test_openapi_has_the_typed_inputs(service: Service) -> None:
    schema = httpx.get(f"{service.url}/openapi.json").json()
    inputs = schema["components"]["schemas"]["DisputeWindowInputs"]["properties"]
    assert {"type": "string", "format": "date"} in inputs["invoice_date"]["anyOf"]
