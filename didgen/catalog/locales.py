"""How the languages of the offered voices write numbers, dates, lists and money: what speech needs, and no more.

Locales are BCP 47; a region counts only where it writes differently.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True)
class Words:
    """One language. months, ordinals: from the first on, separated by spaces.

    date: with {d}, {month} and {y}. joint, either: between the last two of a list; comma: between the others.
    """

    months: str
    date: str
    comma: str
    joint: str
    either: str
    percent: str
    minus: str
    ordinals: str
    ordinal: str  # beyond the words, with {n}, in the writing that the voices read as one
    decimal: str = "."
    group: str = ","  # one that the voices read through: they stop at a hard space, and lose decimals after lakhs
    first_day: str = ""  # where the first of a month is not written as a plain number
    gap: str = " "  # between a number and its unit


WORDS: Final = {
    "en": Words(
        "January February March April May June July August September October November December",
        "{d} {month} {y}", ", ", " and ", " or ", "percent", "minus ",
        "first second third fourth fifth sixth seventh eighth ninth tenth", "{n}",
    ),
    "de": Words(
        "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
        "{d}. {month} {y}", ", ", " und ", " oder ", "Prozent", "minus ",
        "erste zweite dritte vierte fünfte sechste siebte achte neunte zehnte elfte zwölfte dreizehnte "
        "vierzehnte fünfzehnte sechzehnte siebzehnte achtzehnte neunzehnte", "{n}.", ",", ".",
    ),
    "fr": Words(
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        "{d} {month} {y}", ", ", " et ", " ou ", "pour cent", "moins ",
        "premier deuxième troisième quatrième cinquième sixième septième huitième neuvième dixième", "{n}ème",
        ",", " ", "1er",
    ),
    "es": Words(
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        "{d} de {month} de {y}", ", ", " y ", " o ", "por ciento", "menos ",
        "primero segundo tercero cuarto quinto sexto séptimo octavo noveno décimo", "{n}º", ",", ".",
    ),
    "it": Words(
        "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
        "{d} {month} {y}", ", ", " e ", " o ", "per cento", "meno ",
        "primo secondo terzo quarto quinto sesto settimo ottavo nono decimo", "{n}º", ",", ".", "1º",
    ),
    "pt": Words(
        "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
        "{d} de {month} de {y}", ", ", " e ", " ou ", "por cento", "menos ",
        "primeiro segundo terceiro quarto quinto sexto sétimo oitavo nono décimo", "{n}º", ",", ".", "1º",
    ),
    "ja": Words(
        "1月 2月 3月 4月 5月 6月 7月 8月 9月 10月 11月 12月",
        "{y}年{month}{d}日", "、", "、", "、または", "パーセント", "マイナス", "", "{n}番目", gap="",
    ),
    "zh": Words(
        "1月 2月 3月 4月 5月 6月 7月 8月 9月 10月 11月 12月",
        "{y}年{month}{d}日", "、", "和", "或", "百分之", "负", "", "第{n}", gap="",
    ),
    "hi": Words(
        "जनवरी फ़रवरी मार्च अप्रैल मई जून जुलाई अगस्त सितंबर अक्टूबर नवंबर दिसंबर",
        "{d} {month} {y}", ", ", " और ", " या ", "प्रतिशत", "माइनस ",
        "पहला दूसरा तीसरा चौथा पाँचवाँ छठा सातवाँ आठवाँ नौवाँ दसवाँ", "{n}वाँ", group="",
    ),
}  # fmt: skip

ONE_UP_TO_TWO: Final = ("fr", "pt", "hi")
"""Languages that count 0 and 1 as one; the others count 1 alone."""
ONE_FORM: Final = ("ja", "zh")
"""Languages without a plural."""

_POINT: Final = "es-mx es-us es-gt es-hn es-ni es-pa es-pr es-sv es-do es-pe es-419 de-ch de-li it-ch".split()
"""Locales that write 1.5 where their language writes 1,5."""


def separators(locale: str) -> tuple[str, str]:
    """Decimal mark and mark between groups of digits, of a locale in small letters."""
    words = WORDS[locale.partition("-")[0]]
    if locale not in _POINT:
        return words.decimal, words.group
    return ".", "’" if locale.endswith(("-ch", "-li")) else ","


_MONEY: Final = """
EUR en euro/euros cent/cents|de Euro/Euro Cent/Cent|fr euro/euros centime/centimes|es euro/euros céntimo/céntimos
EUR it euro/euro centesimo/centesimi|pt euro/euros cêntimo/cêntimos|ja ユーロ セント|zh 欧元 欧分|hi यूरो सेंट
USD en dollar/dollars cent/cents|de Dollar/Dollar Cent/Cent|fr dollar/dollars cent/cents
USD es dólar/dólares centavo/centavos|it dollaro/dollari centesimo/centesimi
USD pt dólar/dólares centavo/centavos|ja ドル セント|zh 美元 美分|hi डॉलर सेंट
GBP en pound/pounds penny/pence|de Pfund/Pfund Penny/Pence|fr livre/livres penny/pence|es libra/libras penique/peniques
GBP it sterlina/sterline penny/pence|pt libra/libras pêni/pence|ja ポンド ペンス|zh 英镑 便士|hi पाउंड पेंस
CHF en franc/francs centime/centimes|de Franken/Franken Rappen/Rappen|fr franc/francs centime/centimes
CHF es franco/francos céntimo/céntimos|it franco/franchi centesimo/centesimi|pt franco/francos cêntimo/cêntimos
CHF ja フラン サンチーム|zh 瑞士法郎 生丁|hi फ़्रैंक सेंटीम
BRL en real/reais centavo/centavos|de Real/Real Centavo/Centavos|fr real/reals centavo/centavos
BRL es real/reales centavo/centavos|it real/real centavo/centavos
BRL pt real/reais centavo/centavos|ja レアル センターボ|zh 雷亚尔 分|hi रियाल सेंटावो
INR en rupee/rupees paisa/paise|de Rupie/Rupien Paisa/Paise|fr roupie/roupies paisa/paisas|es rupia/rupias paisa/paisas
INR it rupia/rupie paisa/paise|pt rupia/rupias paisa/paisas|ja ルピー パイサ|zh 卢比 派萨|hi रुपया/रुपये पैसा/पैसे
JPY en yen/yen|de Yen/Yen|fr yen/yens|es yen/yenes|it yen/yen|pt iene/ienes|ja 円|zh 日元|hi येन
CNY en yuan/yuan|de Yuan/Yuan|fr yuan/yuans|es yuan/yuanes|it yuan/yuan|pt yuan/yuans|ja 元|zh 元|hi युआन
"""

Forms = tuple[str, str]


def _money() -> dict[tuple[str, str], tuple[Forms, ...]]:
    found = {}
    for line in _MONEY.split("\n"):
        code, _, rest = line.partition(" ")
        for entry in filter(None, rest.split("|")):
            language, *units = entry.split()
            found[code, language] = tuple((unit.split("/")[0], unit.split("/")[-1]) for unit in units)
    return found


MONEY: Final = _money()
"""(currency, language) → its name for one and for others, and those of its hundredth where that is spoken."""
