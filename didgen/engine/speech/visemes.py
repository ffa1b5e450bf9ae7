"""Which mouth shape each sound takes. Symbols are the voices' own alphabet (misaki's, of both hibari and Kokoro)."""

from __future__ import annotations

from typing import Final

_BY_VISEME: Final[dict[str, str]] = {
    "PP": "pbmɸβɓʙ",
    "FF": "fvʋ",
    "TH": "θð",
    "DD": "tdlTɾɽʈɖʎɗɭɫɬɮǀǃ",
    "kk": "kɡghxɣqcɟçʝχɰɦħʕɠɢʛ",
    "CH": "ʃʒʧʤʂɕʥʨꭧʐʑɧ",
    "SS": "szʦʣS",
    "nn": "nŋɲɴɳ",
    "RR": "ɹrɜɚʁɻʀɝ",
    "aa": "aɑæʌɐɶ",
    "E": "ɛeəɪᵻᵊøœɤɘɞɵ",
    "I": "ijyɨʏ",
    "O": "ɔoɒ",
    "U": "uʊwɥɯʉʍ",
}

DIPHTHONGS: Final[dict[str, tuple[str, str]]] = {
    "A": ("E", "I"),  # say
    "I": ("aa", "E"),  # my
    "W": ("aa", "U"),  # now
    "Y": ("O", "E"),  # boy
    "O": ("O", "U"),  # go, American
    "Q": ("E", "U"),  # go, British
}

VISEME_OF: Final[dict[str, str]] = {s: viseme for viseme, symbols in _BY_VISEME.items() for s in symbols} | {"ʔ": "DD"}

PAUSES: Final = frozenset(';:,.!?—…"()“”')
"""Punctuation the voices read as a rest: silence, a closed mouth."""

LENGTHENERS: Final = frozenset("ːʰʲ\u0303ᵝ")
"""Marks whose time belongs to the sound before them."""

JOINTS: Final = frozenset("ˈˌ ↓→↗↘")
"""Stress marks, tones and word gaps: no shape of their own, their time goes to both neighbours."""


def shapes(symbol: str) -> tuple[str, ...]:
    """Visemes of one symbol in order, in equal shares of its time; () when it has no shape of its own."""
    if symbol in DIPHTHONGS:
        return DIPHTHONGS[symbol]
    if symbol in PAUSES:
        return ("sil",)
    viseme = VISEME_OF.get(symbol)
    return (viseme,) if viseme else ()
