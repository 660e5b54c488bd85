"""Whether a message wants a case worked out, and by which calculation, or only the rule explained.

“How does X work” explains; values, or “for my client”, compute. When unsure the rule is
explained, with a button to work it out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from knowledge.faq.search import Result
from knowledge.policy.catalogue import POLICIES
from knowledge.policy.fields import Policy
from knowledge.reading.values import Known, read_values

_TOPIC = 0.5  # confidence from which a message is about a calculation at all
_SOUNDS_LIKE_REQUEST = 0.5  # share of the request's own class from which words alone can ask for one
_FIGURES = {"date", "moment", "money", "count", "items", "tiers", "text"}  # kinds that only a case of one's own has
_WORK_OUT = re.compile(
    r"\b(?:calculat\w*|calcul\w*|work(?:ing)? (?:it |this |that |them )?out|comput\w*|figure (?:it )?out|reckon|estimate|"
    r"my (?:own )?case|our case|this case|check (?:for me|if my|if our|whether)|for me|for us)\b",
    re.IGNORECASE,
)
_OWN_CASE = re.compile(
    r"\b(?:(?:my|our|this|one|a|the|his|her) (?:end[ -]?)?(?:client|customer|user|partner|reseller|pbx|system|office|company)\w*)\b",
    re.IGNORECASE,
)
_EXPLAIN = re.compile(
    r"\b(?:how (?:does|do) .{1,60} work|how (?:is|are) .{1,60} (?:calculated|computed|counted|determined|worked out)|"
    r"(?:what|which) (?:is|are) the (?:rules?|policy|policies|conditions?|terms?)|explain|in general|generally|"
    r"how does it work|the rule|what does .{1,40} mean|tell me about)\b",
    re.IGNORECASE,
)


def wanted(text: str, found: Result, now: datetime) -> str | None:
    """The id of the calculation that a message wants worked out, or None."""
    if found.policy is None or found.policy_confidence < _TOPIC:
        return None
    if found.intent is not None and found.intent_confidence > found.policy_confidence:
        return None
    policy = POLICIES[found.policy]
    read = read_values(policy, text, Known(), now)
    named = {*read.values, *(one.field for one in read.unclear)}
    figures = [one for one in policy.fields if one.name in named and one.kind in _FIGURES]
    if _EXPLAIN.search(text) and not figures:
        return None
    if found.policy_request >= _SOUNDS_LIKE_REQUEST:
        asks = figures or _WORK_OUT.search(text) or (named and _OWN_CASE.search(text)) or _complete(policy, read.values)
        return found.policy if asks else None
    return found.policy if figures and _complete(policy, read.values) else None


def _complete(policy: Policy, values: Mapping[str, object]) -> bool:
    return bool(values) and not policy.missing(values)
