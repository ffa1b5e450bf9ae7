"""Languages: which one a locale names, and what a voice of another cannot read."""

from __future__ import annotations

import pytest

from didgen.catalog.languages import unreadable
from didgen.catalog.local_voices import language


@pytest.mark.parametrize(
    ("locale", "same"),
    [("pt_BR", "pt"), ("EN-gb", "en"), ("no", "nb"), ("nn-NO", "nb"), ("iw", "he"), ("zh-TW", "zh"), ("zh-HK", "yue")],
)
def test_the_language_of_a_locale(locale: str, same: str) -> None:
    """Its first part, whatever its case; names that mean the same language are one; Hong Kong speaks Cantonese."""
    assert same == language(locale)


@pytest.mark.parametrize(
    ("text", "locale", "why"),
    [
        ("Welcome to the tour of our new office in Lima.", "en-US", ""),
        ("Willkommen bei der Führung durch unser neues Büro in der Stadt.", "de-AT", ""),
        ("Willkommen bei der Führung durch unser neues Büro in der Stadt.", "en", "in the language 'de'"),
        ("Welcome to the tour of our new office in the town.", "fr", "in the language 'en'"),
        ("Bienvenue dans la visite de nos bureaux, qui sont au bord du lac.", "en", "in the language 'fr'"),
        ("La vie en rose", "en", ""),  # a title is too few words to be sure
        ("Angela Merkel traf Emmanuel Macron.", "en", ""),
        ("Read the café menu: coq au vin, crème brûlée.", "en", ""),
        ("Добро пожаловать", "en", "cannot read Cyrillic writing: 'Добро'"),
        ("Добро пожаловать", "ru", ""),
        ("今日は React の話です", "ja", ""),
        ("你好，我们很高兴。", "ja", "in the language 'zh'"),
        ("東京都庁舎前", "ja", ""),  # kanji alone may be a name
        ("今日は", "zh", "cannot read Hiragana writing"),
        ("Welcome to the tour of our office", "ja", "reads Hiragana writing"),
        ("Ｗｅｌｃｏｍｅ to 𝐨𝐮𝐫 𝘰𝘧𝘧𝘪𝘤𝘦 at 300 \u212a", "en", ""),  # the engine reads plain letters there
        ("Let 𝛼 be", "en", "cannot read Greek writing"),
        ("", "en", ""),
    ],
)
def test_what_a_voice_cannot_read(text: str, locale: str, why: str) -> None:
    """Foreign letters at once, a foreign language when its small words leave no doubt."""
    found = unreadable(text, locale)
    assert why in found
    assert bool(why) == bool(found)
