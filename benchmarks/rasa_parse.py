"""Run by the Rasa environment's Python alone: parse a list of texts with a trained model.

`python rasa_parse.py MODEL.tar.gz TEXTS.json PARSED.json` writes for each text the intent, the
confidence in the retrieval intent `faq`, and the ResponseSelector's ranking of entries.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path
from typing import Any


async def parse_all(model: str, texts: list[str]) -> list[dict[str, Any]]:
    """One result a text, in order."""
    from rasa.core.agent import Agent  # type: ignore[import-not-found]

    agent = Agent.load(model)
    return [_short(await agent.parse_message(text)) for text in texts]


def _short(parsed: dict[str, Any]) -> dict[str, Any]:
    intents = {intent["name"]: intent["confidence"] for intent in parsed["intent_ranking"]}
    selected = parsed["response_selector"]["default"]["ranking"]  # the one selector, for all retrieval intents
    return {
        "intent": parsed["intent"]["name"],
        "faq_confidence": intents.get("faq", 0.0),
        "ranking": [(one["intent_response_key"].split("/", 1)[1], one["confidence"]) for one in selected],
    }


if __name__ == "__main__":
    model_file, texts_file, parsed_file = sys.argv[1:]
    results = asyncio.run(parse_all(model_file, json.loads(Path(texts_file).read_text(encoding="utf-8"))))
    Path(parsed_file).write_text(json.dumps(results), encoding="utf-8")
