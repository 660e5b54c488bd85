"""Whether a message wants a case worked out, and by which calculation, or only the rule explained.

“How does X work” explains; values, or “for my client”, compute. When unsure the rule is
explained, with a button to work it out.
"""

from __future__ import annotations

import re
from datetime import datetime

from knowledge.faq.search import Result
from knowledge.policy.catalogue import POLICIES
from knowledge.reading.counts import find_counts
from knowledge.reading.read import Known
from knowledge.reading.values import read_values

_TOPIC = 0.5  # confidence from which a message is about a calculation at all,
_TOPIC_ORDERED = 0.4  # and where it says “calculate”
# How much a message must sound like the requests of requests.yml (0 to 1), by how much it says of a case of one's own.
_NEVER, _REQUEST_WITH_LITTLE, _REQUEST_WITH_EVIDENCE = 2.0, 0.75, 0.5
_REQUEST_WITH_MUCH, _REQUEST_COMPLETE = 0.12, 0.08
_EVIDENCE, _MUCH = 1.0, 2.0  # points: a figure is one, a word for a choice, a client or a number half of one
_FIGURES = {"date", "moment", "money", "count", "items", "tiers", "text"}  # kinds that only a case of one's own has
_WORK_OUT = re.compile(
    r"\b(?:calcul\w*|work(?:ing)? (?:it |this |that |them )?out|comput(?:e|ing|ed|ation)|figure (?:it )?out|reckon|"
    r"estimate|(?:my|our|this) (?:own )?case|"
    r"(?:can|could|please) (?:you )?(?:please )?check|(?:please|pls) find out|find out for (?:me|us)|"
    r"verify (?:if|whether|that)|check (?:it|for me|for us|if|whether|until))\b",
    re.IGNORECASE,
)
_OWN_CASE = re.compile(
    r"\b(?:my|our|this|one|a|the|his|her) (?:end[ -]?)?"
    r"(?:client|customer|user|partner|reseller|pbx|system|office|company)\w*\b|\bfor (?:me|us)\b",
    re.IGNORECASE,
)
_WORK_IT_OUT = re.compile(
    r"\W*(?:(?:and|ok|okay|yes|please|pls|can you|could you|now|then|so|just)\W+)*"
    r"(?:work (?:it|this|that|something) out|(?:calculate|compute)(?: (?:it|this|that|something|a case))?|"
    r"do the (?:calculation|math)|make the calculation)"
    r"(?:\W+(?:please|pls|now|then|too)|\W+(?:for|with|in) (?:me|us|(?:my|our|this|that|the|his) (?:own )?\w+))*\W*",
    re.IGNORECASE,
)
_REQUESTING = re.compile(
    r"\b(?:i(?:['’]?d| would) like (?:you )?to|i (?:want|need) (?:you )?to|please|pls|tell me|let me know|"
    r"can you|could you)\b",
    re.IGNORECASE,
)
_EXPLAIN = re.compile(
    r"\b(?:how (?:does|do) .{1,60} work|how (?:is|are) .{1,60} (?:calculated|computed|counted|determined|worked out)|"
    r"(?:what|which) (?:is|are) the (?:rules?|policy|policies|conditions?|terms?)|explain|in general|generally|"
    r"how (?:do|can|should|to|must|could)? ?(?:i|we|you|one)? ?(?:calcul\w*|comput\w*)|"
    r"how should .{1,80} be (?:computed|calculated)|how does it work|the rule|where (?:do|can|in|is|are|should)|"
    r"what does .{1,40} mean|tell me about)\b",
    re.IGNORECASE,
)


def wanted(text: str, found: Result, now: datetime) -> str | None:
    """The id of the calculation that a message wants worked out, or None."""
    ordered = _WORK_OUT.search(text) is not None
    if found.policy is None or found.policy_confidence < (_TOPIC_ORDERED if ordered else _TOPIC):
        return _of_entry(found) if ordered and not _EXPLAIN.search(text) else None
    if ordered and found.policy_confidence < _TOPIC:
        return _of_entry(found) or found.policy
    policy = POLICIES[found.policy]
    read = read_values(policy, text, Known(), now)
    named = {*read.values, *(one.field for one in read.unclear)}
    figures = {one.name for one in policy.fields if one.name in named and one.kind in _FIGURES} | {*read.part}
    if _EXPLAIN.search(text):
        return found.policy if len(figures) >= _MUCH else None
    half_points = len(named - figures) + sum(
        bool(said) for said in (_OWN_CASE.search(text), _REQUESTING.search(text), find_counts(text))
    )
    evidence = len(figures) + half_points / 2
    if named and not policy.missing(read.values):
        needed = _REQUEST_COMPLETE
    elif evidence >= _MUCH:
        needed = _REQUEST_WITH_MUCH
    elif evidence >= _EVIDENCE:
        needed = _REQUEST_WITH_EVIDENCE
    elif evidence:
        needed = _REQUEST_WITH_LITTLE
    else:  # “until when can I dispute an invoice?” is as good a question on the rule
        needed = _NEVER
    return found.policy if ordered or found.policy_request >= needed else None


def names_none(text: str, found: Result) -> bool:
    """Whether a message only says “work it out”, without saying what."""
    return _WORK_IT_OUT.fullmatch(text.strip()) is not None and found.policy_confidence < _TOPIC


def _of_entry(found: Result) -> str | None:
    """The calculation of the entry that answers a message."""
    if found.decision != "answer":
        return None
    return next((id for id, policy in POLICIES.items() if policy.sources[0] == found.hits[0].id), None)
