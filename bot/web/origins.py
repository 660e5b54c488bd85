"""Who may call from a browser: our own pages and the portal pages named in CARE_WIDGET_ORIGINS."""

from __future__ import annotations

from starlette.datastructures import Headers


def own_or_listed(headers: Headers, listed: tuple[str, ...]) -> bool:
    """Whether the Origin header names us or a listed page; False when it is missing."""
    origin = headers.get("origin")
    if origin is None or len(headers.getlist("origin")) != 1:
        return False
    host = headers.get("host", "")
    return origin in listed or origin in (f"http://{host}", f"https://{host}")


def not_foreign(headers: Headers, listed: tuple[str, ...]) -> bool:
    """Whether a request may act: from our pages, a listed page, or no browser page at all."""
    if "origin" in headers:
        return own_or_listed(headers, listed)
    return headers.get("sec-fetch-site", "none") in ("none", "same-origin")
