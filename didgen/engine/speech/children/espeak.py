"""espeak-ng, which is under the GPL, in a process of its own: it speaks one text, or reads texts into phonemes.

Called through its C interface (speak_lib.h). Orders: {voice, text, pace} answers {rate_hz, phonemes, words} and int16
samples; {voice, texts} answers {phonemes}, one IPA string a text.
"""

from __future__ import annotations

import ctypes
import sys
from typing import Any, Final

from didgen.engine.speech.children.pipe import Line

SYNCHRONOUS: Final = 2
PHONEME_EVENTS, PHONEME_IPA, DONT_EXIT = 1, 2, 0x8000
CHARS_UTF8: Final = 1
IPA_WITH_TIES: Final = 0x02 | 0x80 | ord("^") << 8  # t^ʃ: a tie between the letters of one sound
POSITION_CHARACTER: Final = 1
RATE, WORDS_PER_MIN = 1, 175
WORD, PHONEME, LIST_TERMINATED = 1, 7, 0


class _Id(ctypes.Union):
    _fields_ = [("number", ctypes.c_int), ("name", ctypes.c_char_p), ("string", ctypes.c_char * 8)]


class _Event(ctypes.Structure):
    _fields_ = [
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _Id),
    ]


_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event))


def main() -> None:
    line = Line()
    order = line.order()
    library, rate_hz = _opened(order["voice"])
    if "texts" in order:
        line.answer({"phonemes": [_phonemes(library, text) for text in order["texts"]]})
    else:
        facts, samples = _spoken(library, order["text"], order["pace"])
        line.answer({"rate_hz": rate_hz, **facts}, samples)


def _opened(voice: str) -> tuple[Any, int]:
    import espeakng_loader

    library = ctypes.CDLL(espeakng_loader.get_library_path())
    data = espeakng_loader.get_data_path().encode()
    rate_hz = library.espeak_Initialize(SYNCHRONOUS, 200, data, PHONEME_EVENTS | PHONEME_IPA | DONT_EXIT)
    if rate_hz <= 0:
        sys.exit("espeak-ng found no data")
    if library.espeak_SetVoiceByName(voice.encode()):  # else it would go on with another voice, or crash without any
        sys.exit(f"espeak-ng has no voice {voice}")
    library.espeak_TextToPhonemes.restype = ctypes.c_char_p
    return library, int(rate_hz)


def _phonemes(library: Any, text: str) -> str:
    raw = ctypes.create_string_buffer(text.encode())
    rest = ctypes.c_void_p(ctypes.addressof(raw))
    clauses = []
    while rest.value:
        clauses.append(library.espeak_TextToPhonemes(ctypes.byref(rest), CHARS_UTF8, IPA_WITH_TIES) or b"")
    return b" ".join(clauses).decode(errors="replace")


def _spoken(library: Any, text: str, pace: float) -> tuple[dict[str, Any], bytes]:
    sound = bytearray()
    phonemes: list[tuple[int, str]] = []
    words: list[tuple[int, int, int]] = []

    def heard(samples: Any, count: int, events: Any) -> int:
        if samples:
            sound.extend(ctypes.string_at(samples, 2 * count))
        k = 0
        while events[k].type != LIST_TERMINATED:
            event = events[k]
            if event.type == PHONEME:
                phonemes.append((event.sample, event.id.string.decode(errors="ignore")))
            elif event.type == WORD:
                words.append((event.sample, event.text_position - 1, event.length))
            k += 1
        return 0

    callback = _CALLBACK(heard)
    library.espeak_SetSynthCallback(callback)
    library.espeak_SetParameter(RATE, round(WORDS_PER_MIN * pace), 0)
    raw = text.encode() + b"\0"
    library.espeak_Synth(raw, len(raw), 0, POSITION_CHARACTER, 0, CHARS_UTF8, None, None)
    library.espeak_Synchronize()
    return {"phonemes": phonemes, "words": words}, bytes(sound)


if __name__ == "__main__":
    main()
