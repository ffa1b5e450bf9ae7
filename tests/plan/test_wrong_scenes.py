"""Every mistake at its place, and all at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from didgen.media import kinds
from tests import fakes
from tests.plan.resolving import HEAD, refusals


def test_all_mistakes_at_once(folder: Path) -> None:
    """Form, files, voices, drivers, templates and names are told together, in file order, once each."""
    text = """didgen: 1
defaults: {source: missing.jpg}
scenes:
  - id: a
    script: Hello {{ nobody }}
    voice: hart
    config: {stitch: no}
  - id: A
    script: ab
    source: .
  - id: b
    script: |
      One
      {{ tow }}
    source: empty.jpg
    driver: livly
  - id: c
    voice: heart
    config: {driver_expressions: {expressions: []}}
    source: photo.jpg
  - id: d
    script: {audio: nope.wav}
    source: /etc/passwd
    config: {mute: true}
"""
    folder = folder / "w"
    folder.mkdir()
    another = "give one of them another id"
    for name in ("empty.jpg", "photo.jpg"):
        (folder / name).write_bytes(fakes.photo() if name == "photo.jpg" else b"")
    assert [
        "project.yaml:2:20: defaults.source: missing.jpg does not exist",
        "project.yaml:5:22: scenes[0].script: 'nobody' is undefined (known: locale, name, scene)",
        "project.yaml:6:12: scenes[0].voice: there is no voice 'hart' (did you mean 'heart'?)",
        "project.yaml:7:22: scenes[0].config.stitch: must be true or false (write false, without quotes)",
        f"project.yaml:8:9: scenes[1].id: w/a at project.yaml:4:9 has the same file name, a ({another})",
        "project.yaml:9:13: scenes[1].script: the script has 2 characters, at least 3 are needed",
        "project.yaml:10:13: scenes[1].source: . is a folder, not a file",
        "project.yaml:14:10: scenes[2].script: 'tow' is undefined (known: locale, name, scene)",
        "project.yaml:15:13: scenes[2].source: empty.jpg is empty (" + kinds.WANTED["source_url"].accepted + ")",
        "project.yaml:16:13: scenes[2].driver: there is no driver 'livly' (did you mean 'lively'?)",
        "project.yaml:18:12: scenes[3].voice: an animation has no voice (give the scene a script, or leave this out)",
        "project.yaml:19:34: scenes[3].config.driver_expressions: belongs to talks, and this is an animation",
        "project.yaml:22:21: scenes[4].script.audio: nope.wav does not exist",
        "project.yaml:23:13: scenes[4].source: '/etc/passwd' is an absolute path; name it relative to this file",
        "project.yaml:24:20: scenes[4].config.mute: belongs to animations, and this is a talk",
    ] == refusals(folder, text)


@pytest.mark.parametrize(
    ("scene", "message"),
    [
        ("script: ''", "5:21: scenes[0].script: the script is empty"),
        ("script: '  '", "scenes[0].script: the script is empty"),
        ("script: '... 😀'", "5:21: scenes[0].script: the script has nothing to say (write at least one word)"),
        (f"script: {'x' * 40_001}", "the script has 40,001 characters, at most 40,000 can be spoken"),
        ("script: {file: tour.md}", "5:28: scenes[0].script.file: tour.md does not exist"),
        ("script: {file: photo.bin}", "scenes[0].script.file: photo.bin is not UTF-8 text"),
        ("script: {file: bad.md}", "bad.md:3:4: 'x' is undefined"),
        ("script: {text: '{{ y }}'}", "5:32: scenes[0].script.text: 'y' is undefined"),
        (
            "script: Hello, voice: de-DE-KatjaNeural",
            "the voice 'de-DE-KatjaNeural' does not speak en (its language is de-DE)",
        ),
        ("script: Hello, voice: {provider: acme, voice_id: x}", "there is no provider 'acme'"),
        ("script: Hello, voice: {voice_id: heart, voice_config: {rate: quick}}", "voice_config.rate is 'quick'"),
        ("script: Hello, driver: nostalgia", "the driver 'nostalgia' is for an animation"),
        ("driver: classics/driver-rigoleto", "there is no driver 'driver-rigoleto' in classics"),
        ("script: Hello, driver: lively/driver-7", "there is no driver 'driver-7' in lively (did you mean 'driver-0"),
        ("script: Hello, driver: dance.mp4", "dance.mp4 does not exist"),
        ("script: Hello, source: https://example.org/a.jpg", "is not here: the local engine reads files"),
        ("script: Hello, source: http://example.org/a.jpg", "is neither a file nor an https URL"),
        ("script: Hello, source: file:///etc/passwd", "is neither a file nor an https URL"),
        (
            "script: Hello, config: {logo: {url: no.png, position: [0, 0]}}",
            "scenes[0].config.logo.url: no.png does not exist",
        ),
        ("config: {overlay: no.mov}", "project.yaml:5:31: scenes[0].config.overlay: no.mov does not exist"),
        ("config: {overlay: ''}", "5:31: scenes[0].config.overlay: '' is not a file name"),
        ("script: Hello, config: {overlay: no.mov}", "scenes[0].config.overlay: belongs to animations"),
        ("script: Hello, source: null", "scenes[0]: has no source (name a picture here or under `defaults`)"),
    ],
)
def test_mistakes_of_a_scene_that_resolving_finds(folder: Path, scene: str, message: str) -> None:
    """One mistake, one message, at its place."""
    (folder / "photo.bin").write_bytes(b"\xff\xd8\xff")
    (folder / "bad.md").write_text("a\n\n{{ x }}\n")
    found = refusals(folder, f"{HEAD}scenes:\n  - {{id: a, {scene}}}\n")
    assert 1 == len(found)
    assert message in found[0]
