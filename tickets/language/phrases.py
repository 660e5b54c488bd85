"""Patterns of what says nothing about a text's own language: quotations, identifiers, politeness, parts of names."""

from __future__ import annotations

import re

QUOTED = re.compile(
    r"```.*?```|`[^`\n]{1,400}`|\"[^\"]{1,600}\"|“[^“”]{1,600}[”“]|„[^„“”\"]{1,600}[“”\"]|«[^«»]{1,600}»|»[^«»]{1,600}«"
    r"|(?<!\w)'[^'\n]{2,300}'(?!\w)|(?<!\w)‘[^‘’\n]{2,300}’(?!\w)|^[>|][^\n]*",
    re.DOTALL | re.MULTILINE,
)
# A mail below the writer's own words, from its head to the end: “-----Original Message-----”, “From: … Sent: …”,
# “On … wrote:”.
FORWARDED = re.compile(
    r"^[ \t>|*]{0,20}(?:-{2,} ?(?:original message|forwarded message|ursprüngliche nachricht|messaggio originale"
    r"|message d'origine|mensaje original|oorspronkelijk bericht)\b"
    r"|(?:from|von|da|de|van|od): [^\n]*\n[ \t>|*]{0,20}(?:sent|date|to|gesendet|datum|an|inviato|data|a|envoyé"
    r"|enviado|para|verzonden|aan|wysłano|do): "
    r"|(?:on|am|il|le|el|op) [^\n]{5,120} (?:wrote|schrieb[^\n]{0,60}|ha scritto|a écrit|escribió|schreef[^\n]{0,60})"
    r"\s?:\s*$)"
    r".*",
    re.IGNORECASE | re.MULTILINE | re.DOTALL,
)
# What a device, a carrier or a mail said: after a colon, or with a capital after “shows” and the like, until a dash.
REPORTED = re.compile(
    r"\b((?:(?:errors?|messages?|says?|saying|said|shows?|showing|displays?|displaying|displayed|reads?|states?|prompts?"
    r"|reply|replies|replied|answers?|answered|announcement|subject|wrote|response|reasons?|status|rejected|refused"
    r"|failed|failure)(?: is| was| with| by)?\s?[:=](?!//))"
    r"|(?:shows?|says?|displays|showing|saying|displaying|reads|error message)"
    r"(?= (?-i:[^\W\d_a-zà-öø-ÿ])))(?P<what>(?:(?! [-–—] )[^\n])*)",
    re.IGNORECASE,
)
_FEW = 6  # words of an error message; a ticket has more
# Greetings and thanks are not a ticket's own words: partners put English ones around any language, and the reverse.
POLITE = re.compile(
    r"""
    \A\W*(?:
        hello|hi|hey|dear|greetings|good\ (?:morning|afternoon|evening|day)|buon\ ?giorno|buonasera|ciao|salve
        |hallo|guten\ (?:morgen|tag|abend)|moin|servus|bonjour|bonsoir|salut|hola|buenos\ d[ií]as|buenas\ tardes|buenas
        |ol[áa]|bom\ dia|boa\ tarde|goedemorgen|goedemiddag|dzień\ dobry|bun[ăa]\ ziua|hej|hei|dobr[ýy]\ den
        |dobar\ dan|merhaba
    )\b
    (?:\ (?:
        all|to\ all|team|everyone|everybody|there|support|wildix|customer\ care|customer\ service|sir|madam|guys
        |colleagues|zusammen|a\ tutti|à\ tous|a\ todos|allemaal
    ))*\b
    |\b(?:i\ |we\ )?hope\ (?:you|all|everything|this\ (?:e-?mail\ |message\ )?finds\ you)(?:'re|\ are|\ is)?
        (?:\ all|\ doing)?\ (?:well|fine|good|ok)\b
    |\b(?:(?:many|kind|best|warm)\ )?(?:regards|thanks|thank\ you)(?:\ (?:
        in\ advance|a\ lot|so\ much|very\ much|and\ (?:best\ |kind\ )?regards
        |for\ (?:your|the|any)(?:\ kind)?\ (?:help|support|time|assistance|attention|cooperation|understanding)
    ))*\b
    |\bhave\ a\ (?:nice|good|great)\ (?:day|weekend)\b
    |\b(?:i\ |we\ )?(?:am\ |are\ )?(?:looking\ forward\ to|awaiting|waiting\ for)\ (?:
        hearing\ from\ you|your\ (?:kind\ |quick\ )?(?:reply|answer|feedback|response|news)
    )\b
    |\b(?:
        cheers|grazie(?:\ mille)?|(?:cordiali\ |distinti\ )?saluti|mit\ freundlichen\ gr(?:ü|ue)(?:ß|ss)en
        |(?:viele\ |beste\ |freundliche\ )?gr(?:ü|ue)(?:ß|ss)e|danke|merci|cordialement|(?:un\ )?saludos?|gracias
        |obrigad[oa]|cumprimentos|met\ vriendelijke\ groet(?:en)?|groeten|z\ poważaniem|pozdrawiam|mul[țt]umesc
    )\b
    """,
    re.IGNORECASE | re.VERBOSE,
)
IDENTIFIER = re.compile(r"@|://|\\|_|^www\.|\w/\w+/|[\w-]\.[a-z0-9]{2,4}\b(?!\.\w*[A-Z])")
ABBREVIATED = re.compile(r"\b(ul|al|pl|str|av|avda|mr|mrs|ms|dr|sig|hr|fr|dipl|ing)\.", re.IGNORECASE)
STREET = re.compile(
    r"(?:via|viale|corso|piazza|piazzale|largo|vicolo|rue|avenue|boulevard|chemin|allée|calle|avenida|plaza|paseo|carrer"
    r"|rua|praça|strada|ulica|ul|\w*stra(?:ß|ss)e|\w*str|\w{3,}gasse|\w{3,}platz|\w{3,}weg|\w*straat|\w{3,}laan)\Z",
    re.IGNORECASE,
)
INSIDE_NAMES = frozenset(  # “Comune di Firenze”, “rue de la Gare”
    """
    a aan al am an as au auf aux bei da das de degli dei del della delle dello den der des di do dos du e el en et het
    il im la las le les lo los na no o os sur ten ter und van von y zu zum zur
    """.split()  # noqa: SIM905
)


def is_short_report(text: str) -> bool:
    """Whether all that is reported in `text` is as short as error messages are, and no mail's subject."""
    found = list(REPORTED.finditer(text))
    return all(len(one["what"].split()) <= _FEW and not one[1].lower().startswith("subject") for one in found)
