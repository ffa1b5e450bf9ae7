"""The service's voices that people name most, and the local voice that stands in for each, both ways.

Gender and language are what the providers publish for their voices; a name missing here is not wrong, only unknown.
"""

from __future__ import annotations

import re
from typing import Literal

Gender = Literal["female", "male"]

PROVIDERS = ("microsoft", "elevenlabs", "amazon", "google", "azure-openai")

MICROSOFT_FEMALE = frozenset(
    "Jenny Aria Sara Nancy Jane Amber Ana Ashley Cora Elizabeth Michelle Monica Emma Ava AvaMultilingual "
    "EmmaMultilingual JennyMultilingual Sonia Libby Abbi Bella Hollie Maisie Olivia Natasha Annette Clara Neerja Emily "
    "Leah Luna Molly Katja Amala Elke Gisela Klarissa Louisa Maja Tanja SeraphinaMultilingual Ingrid Leni Denise "
    "Brigitte Celeste Coralie Eloise Jacqueline Josephine Yvette VivienneMultilingual Sylvie Ariane Elvira Abril "
    "Estrella Irene Laia Lia Triana Vera Ximena Dalia Elsa Isabella Fabiola Fiamma Imelda Irma Palmira Pierina "
    "Francisca Raquel Fernanda Nanami Aoi Mayu Shiori Xiaoxiao Xiaoyi SunHi Svetlana Dariya Swara Colette Fenna "
    "Sofie Hillevi Agnieszka Zofia Polina Hila Emel Zariyah Salma".split()
)
MICROSOFT_MALE = frozenset(
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
}  # fmt: skip

OPENAI: dict[str, Gender] = {
    "alloy": "female", "nova": "female", "shimmer": "female", "fable": "female", "coral": "female", "sage": "female",
    "echo": "male", "onyx": "male", "ash": "male",
}  # fmt: skip

ELEVENLABS: dict[str, Gender] = {
    "21m00Tcm4TlvDq8ikWAM": "female", "EXAVITQu4vr4xnSDxMaL": "female", "MF3mGyEYCl7XYWbV9V6O": "female",
    "AZnzlk1XvdvUeBnXmlld": "female", "pNInz6obpgDQGcFmaJgB": "male", "ErXwobaYiN019PkySvjV": "male",
    "TxGEqnHWrfWFTfGW9XjX": "male", "VR6AewLTigWG4xSOukaG": "male", "yoZ06aMxZJJ28mfd3POQ": "male",
}  # fmt: skip

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


def describe(provider: str, voice_id: str) -> tuple[str, Gender]:
    """Language and gender of a service's voice as far as its name tells: ("", "female") when it tells nothing."""
    if provider == "amazon" and voice_id in AMAZON:
        return AMAZON[voice_id]
    if provider == "elevenlabs":
        return "", ELEVENLABS.get(voice_id, "female")
    if provider == "azure-openai":
        return "", OPENAI.get(voice_id.lower(), "female")
    if match := _MICROSOFT_ID.fullmatch(voice_id):
        return match[1], _microsoft_gender(match[2])
    locale = _LOCALE_FIRST.match(voice_id)
    return (locale[1] if locale else ""), _microsoft_gender(voice_id)


def is_microsoft(voice_id: str) -> bool:
    """Whether an id has the form of Microsoft's neural voices."""
    return _MICROSOFT_ID.fullmatch(voice_id) is not None


def _microsoft_gender(name: str) -> Gender:
    return "male" if name in MICROSOFT_MALE else "female"
