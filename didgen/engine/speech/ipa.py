"""Phonemes as `phoneme` of SSML gives them (IPA), in the voices' own alphabet. Pure."""

from __future__ import annotations

import unicodedata
from typing import Final

from didgen.engine.speech.visemes import JOINTS, LENGTHENERS, PAUSES, shapes

_DIPHTHONGS: Final = (
    ("t͡ʃ", "ʧ"), ("d͡ʒ", "ʤ"), ("tʃ", "ʧ"), ("dʒ", "ʤ"),
    ("eɪ", "A"), ("aɪ", "I"), ("aʊ", "W"), ("ɔɪ", "Y"), ("oʊ", "O"), ("əʊ", "Q"),
    ("ɝ", "ɜɹ"), ("ɚ", "əɹ"),
)  # fmt: skip
_SINGLE: Final = str.maketrans({"g": "ɡ", "r": "ɹ", "'": "ˈ", ",": "ˌ", "ʋ": "v", ".": None, "‿": None, "͡": None})


def voiced(ipa: str) -> str:
    """The voices' symbols for an IPA string, "" when nothing in it has a sound: "təˈmeɪtoʊ" is "təˈmAtO"."""
    text = unicodedata.normalize("NFC", ipa).translate(_SINGLE)
    for sequence, symbol in _DIPHTHONGS:
        text = text.replace(unicodedata.normalize("NFC", sequence).translate(_SINGLE), symbol)
    kept = "".join(c for c in text if shapes(c) or c in LENGTHENERS or c in JOINTS)
    return kept.strip() if any(shapes(c) and c not in PAUSES for c in kept) else ""
