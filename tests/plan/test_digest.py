"""Canonical JSON and digests: equal everywhere, for ever."""

from __future__ import annotations

import json
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from didgen.digest import canonical_json, sha256_bytes, sha256_file

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=10,
)


def test_the_one_form() -> None:
    """Sorted keys, no spaces, UTF-8, whole floats as integers, tuples as lists."""
    value = {"b": (1.0, 2.5, -0.0, True, None), "a": "ü世", "c": {"y": 1e20, "x": 1}}
    assert '{"a":"ü世","b":[1,2.5,0,true,null],"c":{"x":1,"y":1e+20}}'.encode() == canonical_json(value)


@given(values)
def test_it_means_what_was_given(value: object) -> None:
    """Read back it is equal, and its form does not change by another turn."""
    form = canonical_json(value)
    assert value == json.loads(form)
    assert form == canonical_json(json.loads(form))


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_json_cannot_say_is_refused(value: float) -> None:
    """NaN and infinity have no place in an identity."""
    with pytest.raises(ValueError, match="Out of range"):
        canonical_json({"a": [value]})


def test_a_files_digest_is_that_of_its_bytes(tmp_path: Path) -> None:
    """Also of an empty one; the value is the standard's."""
    (tmp_path / "a").write_bytes(b"abc")
    (tmp_path / "b").touch()
    assert "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" == sha256_file(tmp_path / "a")
    assert sha256_bytes(b"") == sha256_file(tmp_path / "b")
