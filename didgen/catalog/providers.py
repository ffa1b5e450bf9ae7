"""The service's voices that people name most, and the local voice that stands in for each, both ways.

Gender and language are what the providers publish for their voices; a name missing here is not wrong, only unknown.
"""

from __future__ import annotations

import re

from didgen.catalog.local_voices import Gender, language

PROVIDERS = ("microsoft", "elevenlabs", "amazon", "google", "azure-openai")
PAST_PROVIDERS = ("afflorithmics", "playHT")
"""Those that the service's documentation named in 2023 and 2024."""
NEED_A_VOICE = ("microsoft", "amazon", "azure-openai")
"""Those whose voice has to be named; the others have one of their own."""

AMAZON_AT_D_ID = frozenset(
    "Amy Aria Ayanda Bianca Brian Camila Emma Gabrielle Ivy Joanna Joey Justin Kendra Kevin Kimberly Léa Lucia Lupe "
    "Matthew Olivia Salli Seoyeon Takumi Vicki".split()
)
"""The voices of Amazon that the service documents; Amazon has more."""

MICROSOFT_OF: dict[str, tuple[str, str]] = {
    locale: (female, male)
    for locale, female, male in (
        row.split()
        for row in (
            "af-ZA Adri Willem | ar-SA Zariyah Hamed | az-AZ Banu Babek | bg-BG Kalina Borislav | "
            "bn-BD Nabanita Pradeep | bs-BA Vesna Goran | ca-ES Joana Enric | cs-CZ Vlasta Antonin | cy-GB Nia Aled | "
            "da-DK Christel Jeppe | de-DE Katja Conrad | el-GR Athina Nestoras | en-GB Sonia Ryan | en-US Jenny Guy | "
            "es-ES Elvira Alvaro | et-EE Anu Kert | eu-ES Ainhoa Ander | fa-IR Dilara Farid | fi-FI Noora Harri | "
            "fr-FR Denise Henri | ga-IE Orla Colm | gu-IN Dhwani Niranjan | he-IL Hila Avri | hi-IN Swara Madhur | "
            "hr-HR Gabrijela Srecko | hu-HU Noemi Tamas | hy-AM Anahit Hayk | id-ID Gadis Ardi | is-IS Gudrun Gunnar | "
            "it-IT Elsa Diego | ja-JP Nanami Keita | ka-GE Eka Giorgi | kk-KZ Aigul Daulet | kn-IN Sapna Gagan | "
            "ko-KR SunHi InJoon | lt-LT Ona Leonas | lv-LV Everita Nils | mk-MK Marija Aleksandar | "
            "ml-IN Sobhana Midhun | mr-IN Aarohi Manohar | ms-MY Yasmin Osman | mt-MT Grace Joseph | "
            "nb-NO Pernille Finn | ne-NP Hemkala Sagar | nl-NL Colette Maarten | pa-IN Vaani Ojas | "
            "pl-PL Agnieszka Marek | pt-BR Francisca Antonio | pt-PT Raquel Duarte | ro-RO Alina Emil | "
            "ru-RU Svetlana Dmitry | si-LK Thilini Sameera | sk-SK Viktoria Lukas | sl-SI Petra Rok | "
            "sq-AL Anila Ilir | sr-RS Sophie Nicholas | sv-SE Sofie Mattias | sw-KE Zuri Rafiki | "
            "ta-IN Pallavi Valluvar | te-IN Shruti Mohan | th-TH Premwadee Niwat | tr-TR Emel Ahmet | "
            "uk-UA Polina Ostap | ur-PK Uzma Asad | uz-UZ Madina Sardor | vi-VN HoaiMy NamMinh | "
            "zh-CN Xiaoxiao Yunxi | zh-HK HiuMaan WanLung | zh-TW HsiaoChen YunJhe"
        ).split("|")
    )
}
"""By locale, the woman and the man whom Microsoft names first or nearly so."""

MICROSOFT_FEMALE = frozenset(female for female, _ in MICROSOFT_OF.values()) | frozenset(
    "Jenny Aria Sara Nancy Jane Amber Ana Ashley Cora Elizabeth Michelle Monica Emma Ava AvaMultilingual "
    "EmmaMultilingual JennyMultilingual Sonia Libby Abbi Bella Hollie Maisie Olivia Natasha Annette Clara Neerja Emily "
    "Leah Luna Molly Katja Amala Elke Gisela Klarissa Louisa Maja Tanja SeraphinaMultilingual Ingrid Leni Denise "
    "Brigitte Celeste Coralie Eloise Jacqueline Josephine Yvette VivienneMultilingual Sylvie Ariane Elvira Abril "
    "Estrella Irene Laia Lia Triana Vera Ximena Dalia Elsa Isabella Fabiola Fiamma Imelda Irma Palmira Pierina "
    "Francisca Raquel Fernanda Nanami Aoi Mayu Shiori Xiaoxiao Xiaoyi SunHi Svetlana Dariya Swara Colette Fenna "
    "Sofie Hillevi Agnieszka Zofia Polina Hila Emel Zariyah Salma".split()
)
MICROSOFT_MALE = frozenset(male for _, male in MICROSOFT_OF.values()) | frozenset(
    "Guy Davis Tony Jason Brandon Christopher Eric Jacob Roger Steffan Andrew Brian AndrewMultilingual "
    "BrianMultilingual RyanMultilingual Ryan Thomas Alfie Elliot Ethan Noah Oliver William Darren Duncan Ken Neil Tim "
    "Liam Prabhat Connor Mitchell Wayne Luke Conrad Bernd Christoph Kasper Killian Klaus Ralf "
    "FlorianMultilingual Jonas Jan Henri Alain Claude Jerome Maurice Yves RemyMultilingual Jean Antoine "
    "Alvaro Arnau Dario Elias Nil Saul Teo "
    "Jorge Diego Benigno Calimero Cataldo Gianni Lisandro Rinaldo GiuseppeMultilingual Antonio Duarte Keita Daichi "
    "Naoki Yunxi Yunjian Yunyang InJoon Dmitry Madhur Maarten Mattias Marek Ostap Avri Ahmet Hamed Shakir".split()
)

AMAZON: dict[str, tuple[str, Gender]] = {
    "Amy": ("en-GB", "female"), "Aria": ("en-NZ", "female"), "Ayanda": ("en-ZA", "female"),
    "Bianca": ("it-IT", "female"), "Brian": ("en-GB", "male"), "Camila": ("pt-BR", "female"),
    "Emma": ("en-GB", "female"), "Gabrielle": ("fr-CA", "female"), "Ivy": ("en-US", "female"),
    "Joanna": ("en-US", "female"), "Joey": ("en-US", "male"), "Justin": ("en-US", "male"),
    "Kendra": ("en-US", "female"), "Kevin": ("en-US", "male"), "Kimberly": ("en-US", "female"),
    "Léa": ("fr-FR", "female"), "Lucia": ("es-ES", "female"), "Lupe": ("es-US", "female"),
    "Matthew": ("en-US", "male"), "Olivia": ("en-AU", "female"), "Salli": ("en-US", "female"),
    "Seoyeon": ("ko-KR", "female"), "Takumi": ("ja-JP", "male"), "Vicki": ("de-DE", "female"),
    "Hans": ("de-DE", "male"), "Marlene": ("de-DE", "female"), "Daniel": ("de-DE", "male"),
    "Hannah": ("de-AT", "female"), "Celine": ("fr-FR", "female"), "Mathieu": ("fr-FR", "male"),
    "Remi": ("fr-FR", "male"), "Chantal": ("fr-CA", "female"), "Liam": ("fr-CA", "male"),
    "Isabelle": ("fr-BE", "female"), "Conchita": ("es-ES", "female"), "Enrique": ("es-ES", "male"),
    "Sergio": ("es-ES", "male"), "Mia": ("es-MX", "female"), "Andrés": ("es-MX", "male"), "Pedro": ("es-US", "male"),
    "Miguel": ("es-US", "male"), "Penelope": ("es-US", "female"), "Carla": ("it-IT", "female"),
    "Giorgio": ("it-IT", "male"), "Adriano": ("it-IT", "male"), "Vitória": ("pt-BR", "female"),
    "Ricardo": ("pt-BR", "male"), "Thiago": ("pt-BR", "male"), "Inês": ("pt-PT", "female"),
    "Cristiano": ("pt-PT", "male"), "Mizuki": ("ja-JP", "female"), "Kazuha": ("ja-JP", "female"),
    "Tomoko": ("ja-JP", "female"), "Zhiyu": ("zh-CN", "female"), "Hiujin": ("zh-HK", "female"),
    "Lotte": ("nl-NL", "female"), "Ruben": ("nl-NL", "male"), "Laura": ("nl-NL", "female"),
    "Lisa": ("nl-BE", "female"), "Ewa": ("pl-PL", "female"), "Maja": ("pl-PL", "female"), "Ola": ("pl-PL", "female"),
    "Jacek": ("pl-PL", "male"), "Jan": ("pl-PL", "male"), "Tatyana": ("ru-RU", "female"), "Maxim": ("ru-RU", "male"),
    "Astrid": ("sv-SE", "female"), "Elin": ("sv-SE", "female"), "Naja": ("da-DK", "female"),
    "Mads": ("da-DK", "male"), "Sofie": ("da-DK", "female"), "Liv": ("nb-NO", "female"), "Ida": ("nb-NO", "female"),
    "Filiz": ("tr-TR", "female"), "Burcu": ("tr-TR", "female"), "Gwyneth": ("cy-GB", "female"),
    "Dora": ("is-IS", "female"), "Karl": ("is-IS", "male"), "Carmen": ("ro-RO", "female"),
    "Arlet": ("ca-ES", "female"), "Suvi": ("fi-FI", "female"), "Zeina": ("ar-SA", "female"),
    "Hala": ("ar-AE", "female"), "Zayd": ("ar-AE", "male"), "Aditi": ("hi-IN", "female"),
    "Kajal": ("hi-IN", "female"), "Raveena": ("en-IN", "female"), "Arthur": ("en-GB", "male"),
    "Geraint": ("en-GB", "male"), "Stephen": ("en-US", "male"), "Gregory": ("en-US", "male"),
    "Ruth": ("en-US", "female"), "Danielle": ("en-US", "female"), "Nicole": ("en-AU", "female"),
    "Russell": ("en-AU", "male"), "Niamh": ("en-IE", "female"),
}  # fmt: skip

OPENAI: dict[str, Gender] = {
    "alloy": "female", "nova": "female", "shimmer": "female", "fable": "female", "coral": "female", "sage": "female",
    "echo": "male", "onyx": "male", "ash": "male",
}  # fmt: skip

ELEVENLABS_DEFAULT = "21m00Tcm4TlvDq8ikWAM"

ELEVENLABS: dict[str, Gender] = {
    "21m00Tcm4TlvDq8ikWAM": "female", "EXAVITQu4vr4xnSDxMaL": "female", "MF3mGyEYCl7XYWbV9V6O": "female",
    "AZnzlk1XvdvUeBnXmlld": "female", "pNInz6obpgDQGcFmaJgB": "male", "ErXwobaYiN019PkySvjV": "male",
    "TxGEqnHWrfWFTfGW9XjX": "male", "VR6AewLTigWG4xSOukaG": "male", "yoZ06aMxZJJ28mfd3POQ": "male",
    "onwK4e9ZLuTAKqWW03F9": "male", "XB0fDUnXU5powFXDhCwa": "female", "ThT5KcBeYPX3keUQqHPh": "female",
    "JBFqnCBsd6RMkjVDRZzb": "male", "N2lVS1w4EtoT3dr4eOWO": "male", "IKne3meq5aSn9XLyUdCD": "male",
    "SOYHLrjzK2X1ezoPC6cr": "male", "TX3LPaxmHKxFdv7VOQHJ": "male", "XrExE9yKIg1WjnnlVkGX": "female",
    "pqHfZKP75CvOlQylNhV4": "male", "nPczCjzI2devNBz1zQrb": "male", "iP95p4xoKVk53GoZ742B": "male",
    "cgSgspJ2msm6clMCkdW9": "female", "pFZP5JQG7iQjIQuC4Bku": "female", "9BWtsMINqrJLrRacOk9x": "female",
    "CwhRBWXzGAHq8TQ4Fs17": "male", "FGY2WhTYpPnrIDTdsKH5": "female", "cjVigY5qzO86Huf0OWal": "male",
    "bIHbv24MWmeRgasZH58o": "male", "Xb7hH8MSUJpSbSDYk0k2": "female",
}  # fmt: skip

_GOOGLE_LETTERS: dict[str, tuple[str, str]] = {
    "en-US": ("CEFGH", "ABDIJ"),
    "en-GB": ("ACF", "BD"),
    "de-DE": ("ACF", "BDE"),
    "fr-FR": ("ACE", "BD"),
    "he-IL": ("AC", "BD"),
    "it-IT": ("AB", "CD"),
}
"""By locale, the letters of Google's Standard, Wavenet, Neural2 and News voices: women's, men's."""

_GOOGLE_FEMALE = frozenset(
    "Achernar Aoede Autonoe Callirrhoe Despina Erinome Gacrux Kore Laomedeia Leda Pulcherrima Sulafat Vindemiatrix "
    "Zephyr".split()
)
_GOOGLE_MALE = frozenset(
    "Achird Algenib Algieba Alnilam Charon Enceladus Fenrir Iapetus Orus Puck Rasalgethi Sadachbia Sadaltager Schedar "
    "Umbriel Zubenelgenubi".split()
)

TO_MICROSOFT: dict[str, str] = {
    "heart": "en-US-JennyNeural",
    "af_bella": "en-US-AriaNeural",
    "am_puck": "en-US-GuyNeural",
    "am_michael": "en-US-DavisNeural",
    "bf_emma": "en-GB-SoniaNeural",
    "bm_george": "en-GB-RyanNeural",
}
"""Who speaks at the service for each local voice, so that what was drafted here is released in a like voice."""

_MICROSOFT_ID = re.compile(r"([a-z]{2,3}-[A-Z]{2}(?:-[a-z]+)?)-(\w+?)Neural(?:HD)?")
_LOCALE_FIRST = re.compile(r"([a-z]{2,3}-[A-Z]{2})-\w")


def describe(provider: str, voice_id: str) -> tuple[str, Gender | None]:
    """Language and gender of a service's voice as far as its name tells: ("", None) when it tells nothing."""
    if provider == "amazon" and voice_id in AMAZON:
        return AMAZON[voice_id]
    if provider == "elevenlabs":
        return "", ELEVENLABS.get(voice_id or ELEVENLABS_DEFAULT)
    if provider == "azure-openai":
        return "", OPENAI.get(voice_id.lower())
    if match := _MICROSOFT_ID.fullmatch(voice_id):
        return match[1], _microsoft_gender(match[2])
    locale = _LOCALE_FIRST.match(voice_id)
    spoken = locale[1] if locale else ""
    return spoken, _google_gender(spoken, voice_id) if provider == "google" else _microsoft_gender(voice_id)


def microsoft_like(locale: str, gender: Gender) -> str:
    """The Microsoft voice of a locale, or of its language, and a gender; "" where none is known."""
    same = (known for known in MICROSOFT_OF if language(known) == language(locale))
    region = locale if locale in MICROSOFT_OF else next(same, "")
    return f"{region}-{MICROSOFT_OF[region][gender == 'male']}Neural" if region else ""


def is_microsoft(voice_id: str) -> bool:
    """Whether an id has the form of Microsoft's neural voices."""
    return _MICROSOFT_ID.fullmatch(voice_id) is not None


def is_own(provider: str, voice_id: str) -> bool:
    """Whether a voice may be somebody's own, such as a cloned one: those that no provider offers to all."""
    if provider == "elevenlabs":
        return voice_id not in ("", *ELEVENLABS)
    return provider == "microsoft" and voice_id != "" and not is_microsoft(voice_id)


def _microsoft_gender(name: str) -> Gender | None:
    return "male" if name in MICROSOFT_MALE else "female" if name in MICROSOFT_FEMALE else None


def _google_gender(locale: str, voice_id: str) -> Gender | None:
    last = voice_id.rsplit("-", 1)[-1]
    women, men = _GOOGLE_LETTERS.get(locale, ("", ""))
    if len(last) == 1 and last in women + men:
        return "male" if last in men else "female"
    return "male" if last in _GOOGLE_MALE else "female" if last in _GOOGLE_FEMALE else None
