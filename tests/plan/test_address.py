"""Addresses, file names, and which scenes a command names."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from didgen.api.wire import AnimationRequest
from didgen.errors import UsageError
from didgen.plan.address import (
    address_of,
    choose,
    collisions,
    file_stem,
    films_of,
    output_folder,
    read_address,
    slug,
)
from didgen.plan.identity import service_id
from didgen.plan.resolve import resolve
from didgen.plan.scene import Scene
from didgen.project.files import Files
from didgen.project.load import Project, load_project
from tests import fakes


@given(st.text(max_size=120))
def test_any_name_has_a_safe_slug(name: str) -> None:
    """1–80 of [a-z0-9._-], no dot or dash at its ends, never a name that some system reserves."""
    made = slug(name)
    assert 1 <= len(made) <= 81
    assert set(made) <= set("abcdefghijklmnopqrstuvwxyz0123456789._-")
    assert not made.startswith((".", "-"))
    assert not made.endswith(".")
    assert made.split(".")[0] not in ("con", "aux", "nul", "com1", "lpt9")
    assert made == slug(made)


@pytest.mark.parametrize(
    ("name", "made"),
    [
        ("Hello", "hello"),
        ("Zoë Müller", "zoe-muller"),
        ("a/../b", "a-..-b"),
        ("..", "scene"),
        ("aux.mp4", "aux.mp4_"),
        ("世界", "scene"),
    ],
)
def test_slugs_stay_readable(name: str, made: str) -> None:
    """Accents off, small letters, a dash for the rest."""
    assert made == slug(name)


def test_output_paths_stay_below_output() -> None:
    """Project and scene give one folder and one file, whatever they are called."""
    assert (Path("onboarding"), "welcome") == (output_folder("onboarding", {}), file_stem("welcome"))
    assert (Path("scene"), "x") == (output_folder("..", {}), file_stem("../x"))
    assert Path("onboarding/de-at/pro") == output_folder("onboarding", {"plan": "Pro", "locale": "de-AT"})
    assert "hello-anna-acme-com" == file_stem("hello", "anna@acme.com")


@given(st.text(max_size=200), st.text(max_size=200))
@example("0\u20240", "")  # a leader, which falls apart into a dot
def test_values_make_safe_names_that_stay_apart(one: str, other: str) -> None:
    """A row's file name is a slug; values that a slug keeps nothing of, or cuts, are told apart by their digest."""
    made, long = file_stem("hello", one), file_stem("hello", other + "x" * 100)
    assert made == slug(made)
    assert "." not in str(output_folder("p", {"key": one})).replace("p/..", "..")
    assert one == other + "x" * 100 or made != long
    assert file_stem("hello", "世界") != file_stem("hello", "朋友")


def project(folder: Path, *ids: str, film: str = "") -> Project:
    (folder / "p.jpg").write_bytes(fakes.photo())
    lines = [f"  - {{id: {name}, script: Hello, source: p.jpg}}" for name in ids]
    (folder / "project.yaml").write_text(
        "didgen: 1\nname: x\nscenes:\n" + "\n".join(lines) + "\n  - {id: z, source: p.jpg}\n" + film
    )
    return load_project(folder / "project.yaml", Files(folder))


def test_two_scenes_of_one_address_or_one_file(tmp_path: Path) -> None:
    """Both are named, with the place of the first."""
    same, alike = collisions(project(tmp_path, "a", "b", "a", "B"))
    assert "project.yaml:6:10: scenes[2].id: x/a at project.yaml:4:10 has this id too" in str(same)
    assert "project.yaml:7:10: scenes[3].id: x/b at project.yaml:5:10 has the same file name, b" in str(alike)
    assert [] == collisions(project(tmp_path, "a", "b"))


def test_the_film_is_as_written_or_all_talks(tmp_path: Path) -> None:
    """Without `film` all talks in order; with it just what it names, animations too; empty means none."""
    for film, addresses in [("", ["x/b", "x/a"]), ("film: [a, z, a]\n", ["x/a", "x/z", "x/a"]), ("film: []\n", [])]:
        made = project(tmp_path, "b", "a", film=film)
        scenes = resolve(made, Files(tmp_path), service_id("local"))
        assert addresses == [address for film in films_of(made, scenes) for address in film.scenes]
    silent = [replace(one, output=one.output.with_suffix(".gif")) if one.address == "x/a" else one for one in scenes]
    (one_film,) = films_of(project(tmp_path, "b", "a"), silent)
    assert ("x#film", Path("x/film.mp4"), ("x/b",)) == (one_film.address, one_film.output, one_film.scenes)


def scene(address: str) -> Scene:
    return Scene(address, "animation", AnimationRequest(source_url="s"), {}, {}, "", Path(), "", "en", 1.0)


def test_choosing_scenes_by_address() -> None:
    """A project names all of its scenes, a scene all of its instances; nothing named is everything."""
    scenes = [scene(a) for a in ("x/a[locale=de]", "x/a[locale=en]", "x/ab", "y/a")]
    assert scenes == choose(scenes, [])
    assert scenes[:3] == choose(scenes, ["x"])
    assert scenes[:2] == choose(scenes, ["x/a"])
    assert [scenes[0], scenes[3]] == choose(scenes, ["y/a", "x/a[locale=de]"])
    with pytest.raises(UsageError, match=r"there is no scene 'y/b' \(did you mean 'y/a'\?\)"):
        choose(scenes, ["y/b"])
    assert scenes[1:2] == choose(scenes, ["x[locale=en]"])
    with pytest.raises(
        UsageError, match=r"there is no scene 'x/a\[locale=dee\]' \(did you mean 'x/a\[locale=de\]'\?\)"
    ):
        choose(scenes, ["x/a[locale=dee]"])
    assert scenes[:1] == choose(scenes, ['x/a[locale="de"]'])


KEYS = st.dictionaries(st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,9}", fullmatch=True), st.text(max_size=30), max_size=4)


@given(KEYS)
def test_an_address_is_read_back_as_it_was(keys: dict[str, str]) -> None:
    """Whatever stands in values: commas, brackets, quotes, line ends, half characters; and it is one printable line."""
    address = address_of("onboarding", "hello", keys)
    assert ("onboarding/hello", keys) == read_address(address)
    assert address.isprintable()


@given(KEYS, KEYS)
def test_two_instances_never_share_an_address(one: dict[str, str], other: dict[str, str]) -> None:
    """Equal addresses mean equal keys, in whatever order they were given."""
    assert (address_of("x", "a", one) == address_of("x", "a", other)) == (one == other)
    assert address_of("x", "a", one) == address_of("x", "a", dict(reversed(one.items())))


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("anna@acme.com", "anna@acme.com"),
        ("a b", '"a b"'),
        ("1,2", '"1,2"'),
        ('5"', '"5\\""'),
        ("Zoë/世界", "Zoë/世界"),
        ("", '""'),
        ("a\u2028b", '"a\\u2028b"'),
    ],
)
def test_values_are_quoted_only_where_they_must_be(value: str, written: str) -> None:
    """A mail address, a locale, a name in any writing can be typed as they are."""
    assert f"x/a[k={written}]" == address_of("x", "a", {"k": value})


@pytest.mark.parametrize("address", ["x/a[", "x/a[]", "x/a[k]", "x/a[k=1", "x/a[k=1]b", "x/a[k=1,k=1]", 'x/a[k="\\x"]'])
def test_what_is_no_address_is_said(address: str) -> None:
    """With the form it should have."""
    with pytest.raises(UsageError, match=r"is no address|not quoted"):
        read_address(address)
