"""Texts for properties: any characters at all, and the pieces of which values are made in any order."""

from hypothesis import strategies as st

_PIECES = """
12/05/2023 31/02/24 2024-03-05 5.3. 0 00 99 1,200.00 1.200 +49 0049 089 XX X x 12:30 24:00 25:99 pm o'clock noon
midnight CET IST UTC+1 +01:00 Z Rome time in on the of and a an half no not instead ago since old last next this
week month year Tuesday March may Feb 31st first 2nd '24 2021 99999 three twenty-five dozen hundred thousand
years y m d basic premium ess business: k € $ EUR CHF each -5 S/N invoice order WMS 3.88 9C:75:14:AA:BB:CC DE IT
UK end lifetime monthly about . , - / ( ) : ' * ² ٣ Ⅷ İ ß 𝟜
"""
pieces = st.lists(st.sampled_from([*_PIECES.split(), " ", "\n", "\t", "\u202f"]), max_size=12)
texts = st.text(max_size=80) | pieces.map(" ".join) | pieces.map("".join)
