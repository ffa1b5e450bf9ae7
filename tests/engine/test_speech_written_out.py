"""didgen.engine.speech.written_out: what is written short is said in full, and ends no sentence."""

from __future__ import annotations

import pytest

from didgen.engine.shot import TextScript
from didgen.engine.speech.script import utterances
from didgen.engine.speech.speak import speak

VOICE = {"de": "pico-de", "es": "ef_dora", "fr": "ff_siwis", "it": "if_sara", "pt": "pf_dora", "en": "heart"}


def found(text: str, language: str) -> list[tuple[str, str]]:
    return [(u.written, u.spoken) for u in utterances(TextScript(text, VOICE[language]))]


@pytest.mark.parametrize(
    ("language", "written", "spoken"),
    [
        ("de", "Hr. Maier, z. B. Bergstr. 7, d.h. Nr. 5", "Herr Maier, zum Beispiel Bergstraße 7, das heißt Nummer 5"),
        ("de", "Ca. 5 Mio. Euro inkl. MwSt. sind viel.", "circa 5 Millionen Euro inklusive Mehrwertsteuer sind viel."),
        ("es", "El Sr. y la Sra. Ruiz, p. ej. en la pág. 5.", "El señor y la señora Ruiz, por ejemplo en la página 5."),
        ("es", "Pagó 1.250,75 € el 3/4/2021.", "Pagó 1250 euros y 75 céntimos el 3 de abril de 2021."),
        ("es", "En EE. UU. pesan 12 kg, a 1 km.", "En Estados Unidos pesan 12 kilos, a un kilómetro."),
        ("fr", "M. et Mme Bo, env. 1 250 €.", "monsieur et madame Bo, environ 1250 euros."),
        ("fr", "Le 2021-05-01.", "Le 1er mai 2021."),
        ("it", "Il dott. Rossi ecc. paga 0,50 €, art. 5.", "Il dottor Rossi eccetera paga 50 centesimi, articolo 5."),
        ("pt", "A Dra. Lima paga R$ 1,00 às 7h30.", "A doutora Lima paga um real às 7 e 30."),
        ("es", "El 31/31/2021, 192.168.0.1, 2,5 m. y 7.", "El 31/31/2021, 192.168.0.1, 2,5 m. y 7."),
        ("es", "$1.50, $1,234.56 o $5 millones.",
         "un dólar y 50 centavos, 1234 dólares y 56 centavos o 5 millones de dólares."),
        ("es", "US$1.5, 2 mil millones € y $5 mil.", "US$1.5, 2 mil millones de euros y 5 mil dólares."),
        ("fr", "1,5 million € et -5 °C, de −1 à 10 -2.", "1,5 million d'euros et moins 5 degrés, de moins 1 à 10 -2."),
        ("fr", "En 50 av. J.-C., av. Foch, chap. IV.", "En 50 avant Jésus-Christ, avenue Foch, chapitre IV."),
        ("it", "€ 1,5 miliardi, art. II. e cap. V", "1,5 miliardi di euro, articolo II. e capitolo V"),
        ("de", "Max. 1 Std., Min. und 5 Min. Fahrt", "maximal eine Stunde, Min. und 5 Minuten Fahrt"),
        ("de", "S.5, Nr.7a, 5 min. 30, 2 h", "Seite 5, Nummer 7a, 5 Minuten 30, 2 Stunden"),
        ("fr", "L'appartement n°5, 2 Drs", "L'appartement numéro 5, 2 Drs"),
        ("de", "S. V. Maier in Kap. IV", "S. V. Maier in Kapitel IV"),
        ("fr", "À 17h30, 1 h 05, 2h00, 5 h ou £1.", "À 17 heures 30, une heure 5, 2 heures, 5 heures ou une livre."),
        ("es", "De 17:30 h, 1 h y 1.5 min: 0,01 €, £1 o 21 €.",
         "De 17:30 horas, una hora y 1.5 minutos: un céntimo, una libra o 21 euros."),
        ("en", "El Sr. Ruiz el 3/4/2021", None),
    ],
)  # fmt: skip
def test_one_sentence_said_in_full(language: str, written: str, spoken: str | None) -> None:
    """Titles, numbers, dates, money and units are said in words; captions keep what was written; other languages and
    what is none of these stay."""
    if spoken is not None:
        assert [(written, spoken)] == found(written, language)
    else:
        assert all(w == s for w, s in found(written, language))


def test_what_ends_a_sentence_ends_it() -> None:
    """ "usw." before a capital is an end, before a small letter none."""
    assert [("Äpfel usw.", "Äpfel und so weiter."), ("Dann Brot.", "Dann Brot.")] == found(
        "Äpfel usw. Dann Brot.", "de"
    )
    assert [("Äpfel usw. und Brot", "Äpfel und so weiter und Brot")] == found("Äpfel usw. und Brot", "de")


def test_a_noun_s_capital_is_no_beginning_in_german() -> None:
    """But that of an article or pronoun is: "Mio." ends a sentence there, and "Fr." is no woman."""
    assert ["5 Millionen Euro in 3 Minuten."] == [spoken for _, spoken in found("5 Mio. Euro in 3 Min.", "de")]
    text = "Es sind 5 Mio. Das dauert 3 Min. Wir kommen am Fr. Sie warten."
    sentences = ["Es sind 5 Millionen.", "Das dauert 3 Minuten.", "Wir kommen am Fr.", "Sie warten."]
    assert sentences == [spoken for _, spoken in found(text, "de")]


def test_what_ssml_says_stays() -> None:
    """An alias is said as it was given."""
    markup = '<sub alias="el 3/4/2021">hoy</sub> el Sr. <sub alias="García">G.</sub>'
    (u,) = utterances(TextScript(markup, "ef_dora", ssml=True))
    assert ("hoy el Sr. G.", "el 3/4/2021 el señor García") == (u.written, u.spoken)


@pytest.mark.parametrize(
    ("written", "spoken"),
    [
        ("Version 2.0, v3.1.", "Version 2 point 0, v 3 point 1."),
        ("Python 3.11.7 at 10.0.0.1.", "Python 3 point 11 point 7 at 10 dot 0 dot 0 dot 1."),
        ("See https://example.com/ now.", "See example dot com now."),
        ("See a.io/b/my_c.html.", "See a dot io slash b slash my underscore c dot html."),
        ("From 9.15am, Jan. 5, March 1-22, to 3.4.2021.", "From 9:15 A.M, Jan. 5, March 1st to 22nd, to 3 April 2021."),
        (
            "At -5 or −2.0 pay -$20 (-3), '-1', a-6 or 5 -6.",
            "At minus 5 or minus 2 point 0 pay minus $20 (minus 3), 'minus 1', a-6 or 5 -6.",
        ),
        ("5-10%, $5-$10, £1-2 or 2019–2021.", "5 to 10%, 5 to $10, 1 to £2 or 2019 to 2021."),
        ("Nos. 1-3 and no. 2.0", "Nos. 1 to 3 and no. 2 point 0"),
        ("Call 555-0199, 1-800-555, open 9-5, 12-2021.", "Call 555-0199, 1-800-555, open 9-5, 12-2021."),
        ("10 AM-2 PM, a@b.co", "10 A.M to 2 P.M, a at b dot co"),
        ("Write to info@my-site.org.", "Write to info at my dash site dot org."),
        ("Open 24/7 from 10-15 May, 9am-5pm.", "Open 24 7 from 10 to 15 May, 9 A.M to 5 P.M."),
        ("CO₂ costs $2.00, 2.5 or 2.0%.", "C O 2 costs $2.00, 2.5 or 2.0%."),
        ("Done.It is 1.5 times Node.js, e.g. so.", "Done.It is 1.5 times Node.js, e.g. so."),
    ],
)
def test_english_that_its_normaliser_garbles(written: str, spoken: str) -> None:
    """Versions and addresses keep their dots, days and hours their "to"; prices and fractions are its business."""
    assert [(written, spoken)] == found(written, "en")


def test_a_british_voice_reads_the_day_first() -> None:
    """Where no day is meant, it stays as it was."""
    for voice in ("bf_emma", "en-GB-SoniaNeural"):
        (u,) = utterances(TextScript("On 3/4/2021, 4/25/2021 and 1/3/4/2021.", voice))
        assert "On 3 April 2021, 4/25/2021 and 1/3/4/2021." == u.spoken
        given = "".join(f'<say-as interpret-as="date">{d}</say-as> ' for d in ("3/4/2021", "2021-04-03"))
        (u,) = utterances(TextScript(given, voice, ssml=True))
        assert "April 3rd, 2021 April 3rd, 2021" == u.spoken


def test_a_no_is_no_number() -> None:
    """ "She said no." ends with the word, "no. 5" and "no. of" are numbers: heard in the voice's own sounds."""
    for text, vowels in (("She said no.", "O"), ("It is no. 5.", "ʌ"), ("The no. of us.", "ʌ")):
        word = next(w for w in speak(TextScript(text, "heart")).words if w.text == "no.")
        symbols = [
            p.symbol for p in speak(TextScript(text, "heart")).phonemes if word.start_s <= p.start_s < word.end_s
        ]
        assert vowels in symbols, (text, symbols)
