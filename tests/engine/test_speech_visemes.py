"""didgen.engine.speech.visemes: every symbol of the voices' alphabet has its place."""

from __future__ import annotations

import json
from importlib.resources import files

from didgen.engine.speech.speech import VISEMES
from didgen.engine.speech.visemes import DIPHTHONGS, JOINTS, LENGTHENERS, PAUSES, VISEME_OF, shapes


def test_the_whole_alphabet_is_placed_exactly_once() -> None:
    """Each of the 114 symbols is a sound, a rest, a lengthener or a joint, and only one of them."""
    alphabet = json.loads((files("hibari") / "assets" / "vocab.json").read_text("utf-8"))
    places = [set(VISEME_OF) | set(DIPHTHONGS), set(PAUSES), set(LENGTHENERS), set(JOINTS)]
    assert dict.fromkeys(alphabet, 1) == {s: sum(s in place for place in places) for s in alphabet}


def test_lips_close_on_p_b_m_and_teeth_meet_the_lip_on_f_v() -> None:
    """The shapes viewers notice first."""
    assert [("PP",)] * 3 + [("FF",)] * 2 == [shapes(s) for s in "pbmfv"]


def test_a_diphthong_moves_the_mouth() -> None:
    """ "my" opens, then narrows; a stress mark has no shape."""
    assert ("aa", "E") == shapes("I")
    assert () == shapes("ˈ")
    assert ("sil",) == shapes(",")


def test_every_shape_is_one_the_motion_knows() -> None:
    """No viseme outside the fifteen."""
    assert set(VISEMES) >= set(VISEME_OF.values()) | {v for pair in DIPHTHONGS.values() for v in pair}
