"""What scenes have in common is resolved once: every scene comes out as if it stood alone in its project."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from didgen.errors import ProjectError
from didgen.plan import identity as identities
from didgen.plan.fingerprint import fingerprint_of
from didgen.plan.identity import Identities, ServiceId, identity_of, service_id
from didgen.plan.resolve import resolve
from didgen.plan.scene import Scene
from didgen.project.files import Files
from didgen.project.load import load_project
from tests import fakes

SERVICES = [ServiceId("local"), service_id("d-id"), service_id("https://videos.example.com/api")]

DEFAULTS = st.fixed_dictionaries(
    {"source": st.just("photo.jpg")},
    optional={
        "driver": st.sampled_from(["lively", "subtle", "{{ manner }}"]),
        "voice": st.sampled_from(
            ["heart", "{{ speaker }}", {"provider": "microsoft", "voice_id": "en-US-JennyNeural"}]
        ),
        "config": st.sampled_from([{"stitch": True}, {"pad_audio": 1.5}, {"logo": False}, {"result_format": "mov"}]),
        "max_seconds": st.just(3),
        "user_data": st.just("ours"),
    },
)
OWN = st.fixed_dictionaries(
    {},
    optional={
        "source": st.just("other.jpg"),
        "name": st.just("A title"),
        "config": st.just({"fluent": True}),
        "when": st.just({"manner": "lively"}),
        "user_data": st.just("mine"),
    },
)
SCRIPTS = st.sampled_from([
    "Good morning to everybody.", "Say kubectl now, please.", "Good {{ manner }} morning.", "no",
    "Der Hund ist nicht das Haus.",
    {"file": "a.txt"}, {"file": "b.md"}, {"file": "none.txt"}, {"text": "<speak>Good day.</speak>", "ssml": True},
    {"text": "Say kubectl twice.", "subtitles": True}, None,
])  # fmt: skip


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "projects" / "p"
    folder.mkdir(parents=True)
    (folder / "photo.jpg").write_bytes(fakes.photo())
    (folder / "other.jpg").write_bytes(fakes.photo(30))
    (folder / "a.txt").write_text("This is the first file.")
    (folder / "b.md").write_text("# Second\n\nThis is {{ manner }}.")
    return folder


TOLD = [field.name for field in fields(Scene) if field.name not in ("limit", "unproven")]
"""All that is known of a scene but where it is written."""


def resolved(home: Path, service: ServiceId, shared: dict[str, object], scenes: list[dict[str, object]]) -> object:
    """The scenes by address, or what is wrong: places aside, for they differ by where a scene stands."""
    (home / "project.yaml").write_text(json.dumps({"didgen": 1, **shared, "scenes": scenes}))
    files = Files(home.parents[1])
    try:
        found = resolve(load_project(home / "project.yaml", files), files, service)
    except ProjectError as error:
        return [problem.message for problem in error.problems]
    return {scene.address: {name: getattr(scene, name) for name in TOLD} for scene in found}


@given(DEFAULTS, st.lists(st.tuples(OWN, SCRIPTS), min_size=2, max_size=5), st.sampled_from(SERVICES), st.booleans())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_scene_among_others_is_as_it_is_alone(
    home: Path,
    defaults: dict[str, object],
    written: list[tuple[dict[str, object], object]],
    service: ServiceId,
    several: bool,
) -> None:
    """Its request, identity, fingerprint, notes and all, whatever the others say of their own."""
    matrix: dict[str, object] = (
        {"matrix": {"locale": ["en", "en-GB"], "manner": ["lively", "subtle"]}} if several else {}
    )
    shared = {"vars": {"manner": "lively", "speaker": "heart"}, "pronounce": {"kubectl": "cube control"}, **matrix}
    shared |= {"defaults": defaults}
    scenes = [
        {"id": f"s{k}", **own, **({"script": script} if script is not None else {})}
        for k, (own, script) in enumerate(written)
    ]
    together = resolved(home, service, shared, scenes)
    alone = [resolved(home, service, shared, [scene]) for scene in scenes]
    if isinstance(together, dict) and all(isinstance(one, dict) for one in alone):
        assert together == {address: scene for one in alone for address, scene in one.items()}  # type: ignore[attr-defined]
    elif isinstance(together, dict):
        assert all(one == ["no scene is left: data without rows, or a `when` that holds nowhere"]
                   for one in alone if not isinstance(one, dict))  # fmt: skip
    else:
        assert any(isinstance(one, list) for one in alone)


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]), min_size=3, max_size=40), min_size=1, max_size=4))
@settings(max_examples=100, deadline=None)
def test_identity_and_fingerprint_are_those_of_the_whole_request(texts: list[str]) -> None:
    """Also of words that look like JSON, or like what stands for words meanwhile."""
    from didgen.api.wire import TalkRequest, TextScript

    for service in SERVICES:
        kept = Identities(service)
        for voice in ("heart", identities._HOLE):
            for text in [*texts, f'"{texts[0]}\\', identities._HOLE]:
                script = TextScript.model_validate({"input": text, "provider": {"type": "didgen", "voice_id": voice}})
                request = TalkRequest(source_url="https://example.com/a.jpg", script=script, user_data=text[:9])
                expected = identity_of(request, {}, service)
                assert (expected, fingerprint_of(expected)) == kept.of(request, {})


def test_a_template_that_scenes_share_is_filled_in_for_each(home: Path) -> None:
    """What is common as written need not be common as meant."""
    shared = {
        "matrix": {"manner": ["lively", "subtle"]},
        "defaults": {"source": "photo.jpg", "driver": "{{ manner }}"},
    }
    written = {"didgen": 1, **shared, "scenes": [{"id": "a", "script": "Good morning."}]}
    (home / "project.yaml").write_text(json.dumps(written))
    files = Files(home.parents[1])
    scenes = resolve(load_project(home / "project.yaml", files), files, SERVICES[0])
    assert ["bank://lively", "bank://subtle"] == [str(scene.request.driver_url).rstrip("/") for scene in scenes]
