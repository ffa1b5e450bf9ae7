"""SVOX Pico speaks one text: 16 kHz int16 samples out. Run as a process of its own, see `oneshot`."""

from __future__ import annotations

from typing import Final

from didgen.engine.speech.children.pipe import Line

VOLUME: Final = 0.4  # its own default cuts peaks off


def main() -> None:
    line = Line()
    order = line.order()
    from py_nanotts import NanoTTS

    line.answer({}, NanoTTS().speak(order["text"], voice=order["voice"], speed=order["speed"], volume=VOLUME))


if __name__ == "__main__":
    main()
