"""Projects as written: every mistake with its place, all at once, in a writer's words."""

from __future__ import annotations

from pathlib import Path

import pytest

from didgen.errors import ProjectError
from didgen.project.files import Files
from didgen.project.load import Project, load_project, name_problems

HEAD = "didgen: 1\n"
HAPPY = "{start_frame: 0, expression: happy, intensity: 1}"
SCENE = "scenes: [{id: a, script: Hello}]\n"


def load(folder: Path, text: str, name: str = "project.yaml") -> Project:
    (folder / name).write_text(text)
    return load_project(folder / name, Files(folder))


def problems(folder: Path, text: str) -> list[str]:
    """Every problem that loading finds, raised or kept for later."""
    try:
        return [str(p) for p in load(folder, text).problems]
    except ProjectError as error:
        return [str(p) for p in error.problems]


def test_a_whole_project(tmp_path: Path) -> None:
    """Every seat of the format is read as written: short forms become the long ones."""
    spec = load(
        tmp_path,
        """didgen: 1
name: onboarding
service: d-id
locale: en-GB
vars: {product: Acme, no: no, list: [1, {a: 2}]}
voices: {en: heart, de: {provider: microsoft, voice_id: de-DE-KatjaNeural}}
pronounce: {kubectl: "cube control"}
defaults:
  source: assets/maria.png
  config: {stitch: true, motion_factor: 1, logo: {url: l.png, position: [-4, 8]}}
scenes:
  - id: welcome
    script: "Welcome."
    voice: am_puck
  - id: tour
    script: {file: "scripts/tour.{{ locale }}.md", subtitles: true}
    voice: {provider: microsoft, voice_id: en-US-JennyNeural, voice_config: {style: Cheerful, rate: 0.9}}
    webhook: https://example.org/hook
    user_data: mine
    face: {size: 200, top_left: [10, -2]}
    config: {driver_expressions: {expressions: [{start_frame: 0, expression: happy, intensity: 1}]}}
  - id: quote
    script: {audio: quote.mp3, reduce_noise: true}
  - {id: grandpa, driver: bank://nostalgia, result_url: "https://example.org/out"}
film: [welcome, tour]
""",
    ).spec
    welcome, tour, quote, grandpa = spec.scenes
    assert {"product": "Acme", "no": "no", "list": [1, {"a": 2}]} == spec.vars
    assert "heart" == spec.voices["en"].voice_id
    assert ("Welcome.", "am_puck", "talk") == (welcome.script.text, welcome.voice.voice_id, welcome.kind)  # type: ignore[union-attr]
    assert "0.9" == tour.voice.voice_config.rate  # type: ignore[union-attr]
    assert (10, -2) == tour.face.top_left  # type: ignore[union-attr]
    assert "quote.mp3" == quote.script.audio  # type: ignore[union-attr]
    assert "animation" == grandpa.kind
    assert ("welcome", "tour") == spec.film


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (HEAD + "scens: []\n" + SCENE, "project.yaml:2:1: scens: unknown key (did you mean 'scenes'?)"),
        (HEAD + "servce: local\n" + SCENE, "project.yaml:2:1: servce: unknown key (did you mean 'service'?)"),
        (
            HEAD + "service: lokal\n" + SCENE,
            "project.yaml:2:10: service: unknown service 'lokal' (did you mean 'local'?)",
        ),
        (HEAD + "service: http://example.org\n" + SCENE, "project.yaml:2:10: service: unknown service"),
        (HEAD + "data: {a-b: t.csv}\n" + SCENE, "project.yaml:2:13: data.a-b: 'a-b' cannot be a variable"),
        (HEAD + "locales: {de: {sorce: x}}\n" + SCENE, "locales.de.sorce: unknown key (did you mean 'source'?)"),
        (HEAD + "locales: {deutsch!: {}}\n" + SCENE, "locales.deutsch!: 'deutsch!' must be a language tag"),
        (HEAD + "rights: x\n" + SCENE, "project.yaml:2:9: rights: must be a mapping"),
        (HEAD + "rights: {a.jpg: {scope: x}}\n" + SCENE, "rights.a.jpg.who: is missing"),
        (HEAD + "rights: {a.jpg: {who: Ann, unitl: x}}\n" + SCENE, "unitl: unknown key (did you mean 'until'?)"),
        (
            HEAD + "rights: {a.jpg: {who: Ann, until: 31.1.2027}}\n" + SCENE,
            "project.yaml:2:35: rights.a.jpg.until: '31.1.2027' must be a day as in 2027-01-31",
        ),
        (HEAD + "rights: {a.jpg: {who: Ann, until: 2027-02-30}}\n" + SCENE, "rights.a.jpg.until: day is out of range"),
        (HEAD + "api_key: abc\n" + SCENE, "a key never belongs in a project (put it in the environment: D_ID_API_KEY)"),
        (HEAD, "project.yaml:1:1: scenes: is missing (a list, each with an `id`"),
        (SCENE, "project.yaml:1:1: didgen: is missing (write `didgen: 1` at the top)"),
        ("didgen: 2\n" + SCENE, "project.yaml:1:9: didgen: 2 is not 1"),
        (HEAD + "scenes: []\n", "project.yaml:2:9: scenes: needs at least 1"),
        (HEAD + "scenes:\n", "project.yaml:2:8: scenes: must be a list"),
        (HEAD + "name: 'a/b'\n" + SCENE, "project.yaml:2:7: name: 'a/b' must begin with a letter or digit"),
        (HEAD + "name: 12\n" + SCENE, "project.yaml:2:7: name: must be text (put it in quotes)"),
        (HEAD + "locale: deutsch!\n" + SCENE, "locale: 'deutsch!' must be a language tag"),
        (HEAD + "pronounce: {a: 1}\n" + SCENE, "project.yaml:2:16: pronounce.a: must be text (put it in quotes)"),
        (HEAD + "voices: {en: {voiceid: x}}\n" + SCENE, "voices.en.voiceid: unknown key (did you mean 'voice_id'?)"),
        (HEAD + "defaults: {source: [a]}\n" + SCENE, "project.yaml:2:20: defaults.source: must be text"),
        ("- a\n", "project.yaml:1:1: is not a project (begin it with `didgen: 1`)"),
        ("", "project.yaml:1:1: is not a project"),
        ("a: [\n", "project.yaml:1:4: the [ is not closed"),
        (HEAD + SCENE + "film: [b]\n", "project.yaml:3:8: film[0]: there is no scene 'b' (known: a)"),
    ],
)
def test_mistakes_of_a_project(tmp_path: Path, text: str, message: str) -> None:
    """One mistake, one message with file:line:column, the field's path and the nearest right name."""
    found = problems(tmp_path, text)
    assert 1 == len(found)
    assert message in found[0]


@pytest.mark.parametrize(
    ("scene", "message"),
    [
        ("id: a b", "3:9: scenes[0].id: 'a b' must begin with"),
        ("script: Hello", "3:5: scenes[0].id: is missing"),
        ("id: a\n    scrpt: Hi", "4:5: scenes[0].scrpt: unknown key (did you mean 'script'?)"),
        ("id: a\n    each: x", "4:11: scenes[0].each: must be a mapping of `key: value` lines (write {x: COLUMN}, the"),
        ("id: a\n    each: {a: b, c: d}", "4:11: scenes[0].each: may have at most 1"),
        ("id: a\n    when: [x]", "4:11: scenes[0].when: must be an expression such as"),
        (
            "id: a\n    when: {x: {y: 1}}",
            "4:11: scenes[0].when: x must be text, a number, true or false, or a list of them",
        ),
        ("id: a\n    script:", "4:12: scenes[0].script: is empty; write what is said"),
        (
            "id: a\n    script: 12",
            "4:13: scenes[0].script: must be text, or a mapping of `key: value` lines (put it in quotes)",
        ),
        ("id: a\n    script: {}", "scenes[0].script: needs exactly one of text, file and audio, has none"),
        ("id: a\n    script: {text: a, file: b}", "needs exactly one of text, file and audio, has text and file"),
        ("id: a\n    script: {audio: a, ssml: true}", "ssml belongs to text, not to audio"),
        ("id: a\n    script: {text: a, reduce_noise: true}", "reduce_noise belongs to audio, not to text"),
        ("id: a\n    script: {txt: a}", "scenes[0].script.txt: unknown key (did you mean 'text'?)"),
        ("id: a\n    config: {stitch: no}", "config.stitch: must be true or false (write false, without quotes)"),
        ("id: a\n    config: {stich: true}", "4:14: scenes[0].config.stich: unknown key (did you mean 'stitch'?)"),
        ("id: a\n    config: {pad_audio: 61}", "config.pad_audio: must be at most 60"),
        ("id: a\n    config: {pad_audio: '1'}", "config.pad_audio: must be a number (write a number, without quotes)"),
        ("id: a\n    config: {result_format: mp3}", "'mp3' is not mp4 or mov or gif (did you mean 'mp4'?)"),
        ("id: a\n    config: {output_resolution: 99}", "config.output_resolution: must be at least 150"),
        ("id: a\n    config: {logo: {url: x, position: [1]}}", "config.logo.position"),
        ("id: a\n    face: {size: 10}", "4:11: scenes[0].face.top_left: is missing"),
        ("id: a\n    face: {size: 1.5, top_left: [0, 0]}", "scenes[0].face.size: must be a whole number"),
        ("id: a\n    webhook: http://x", "scenes[0].webhook: 'http://x' must be an https URL"),
        ("id: a\n    user_data: ' '", "scenes[0].user_data: ' ' must not be blank"),
        ("id: a\n    voice: {voice_id: x, speed: 2}", "scenes[0].voice.speed: unknown key"),
        (
            f"id: a\n    config: {{driver_expressions: {{expressions: [{HAPPY.replace('happy', 'hapy')}]}}}}",
            "expressions[0].expression: 'hapy' is not neutral or happy or surprise or serious (did you mean 'happy'?)",
        ),
    ],
)
def test_mistakes_of_a_scene(tmp_path: Path, scene: str, message: str) -> None:
    """The same for what is wrong inside a scene, at any depth."""
    found = problems(tmp_path, f"{HEAD}scenes:\n  - {scene}\n")
    assert 1 == len(found)
    assert message in found[0]


def test_all_mistakes_come_at_once_in_file_order(tmp_path: Path) -> None:
    """Mistakes in the head, in several scenes and several in one scene are told together, first line first."""
    text = """didgen: 1
service: 3
scenes:
  - id: a
    config: {stitch: 1, fluent: 2}
  - id: 5
  - nothing
"""
    lines = [int(p.split(":")[1]) for p in problems(tmp_path, text)]
    assert [2, 5, 5, 6, 7] == lines


def test_scenes_around_a_wrong_one_are_kept(tmp_path: Path) -> None:
    """A wrong scene is left out and its number skipped; a wrong key is left out of a scene that stays one."""
    text = f"{HEAD}scenes:\n  - id: a\n    script: [1]\n  - id: b\n    config: {{stitch: 1}}\n    script: Hi\n"
    project = load(tmp_path, text)
    assert (1,) == project.numbers
    assert ["b"] == [scene.id for scene in project.spec.scenes]
    assert None is project.spec.scenes[0].config
    assert 2 == len(project.problems)


def test_the_name_of_a_project(tmp_path: Path) -> None:
    """Named by its `name`, else by its folder, else by its file."""
    folder = tmp_path / "onboarding"
    folder.mkdir()
    assert "x" == load(folder, HEAD + "name: x\n" + SCENE).name
    assert "onboarding" == load(folder, HEAD + SCENE).name
    assert "intro" == load(folder, HEAD + SCENE, "intro.yaml").name
    (wrong,) = load(folder, HEAD + SCENE, "my intro.yaml").problems
    assert "my intro.yaml:1:1: name: 'my intro' cannot name a project (write a `name:`)" == str(wrong)


def test_two_projects_of_one_name(tmp_path: Path) -> None:
    """They would write the same files: an error names both."""
    one = load(tmp_path, HEAD + "name: x\n" + SCENE, "one.yaml")
    two = load(tmp_path, HEAD + "name: X\n" + SCENE, "two.yaml")
    assert [] == name_problems(tmp_path, [one], [("x", one.path), ("y", two.path)])
    hint = "(give one of them another `name:`)"
    (both,) = name_problems(tmp_path, [one, two])
    assert f"two.yaml:2:7: name: is the name of one.yaml too {hint}" == str(both)
    (alone,) = name_problems(tmp_path, [one], [("x", one.path), ("X", two.path)])
    assert f"one.yaml:2:7: name: is the name of two.yaml too {hint}" == str(alone)


def test_what_no_scene_stands_on_hides_nothing(tmp_path: Path) -> None:
    """A fault outside the scenes is kept for later when the scenes can be looked at without it."""
    text = """didgen: 1
pronunce: {a: b}
name: "not a name"
defaults: {source: a.jpg, config: {stich: true}, webhook: 5}
scenes: [{id: a, script: Hello, faec: 1}]
film: [a, 7]
"""
    project = load(tmp_path, text)
    assert ["pronunce", "name", "defaults.config.stich", "defaults.webhook", "scenes[0].faec", "film[1]"] == [
        problem.field for problem in project.problems
    ]
    assert ("a.jpg", None) == (project.spec.defaults.source, project.spec.defaults.config)


@pytest.mark.parametrize("fault", ["didgen: 2", "defaults: {sorce: a.jpg}", "vras: {a: 1}", "matrix: {a: 1}"])
def test_what_scenes_stand_on_comes_first(tmp_path: Path, fault: str) -> None:
    """Without their source or variables scenes would look wrong that are not, so only this fault is told."""
    text = f"{fault if fault.startswith('didgen') else HEAD + fault}\n" + SCENE
    with pytest.raises(ProjectError) as caught:
        load(tmp_path, text)
    assert 1 == len(caught.value.problems)


def test_a_project_that_lies_outside(tmp_path: Path) -> None:
    """A project file that is a link out of the workspace is not read: its text could show up in messages."""
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / "secret").write_text("password: hunter2: x\n")
    (root / "project.yaml").symlink_to(tmp_path / "secret")
    with pytest.raises(ProjectError, match=r"project\.yaml: 'project\.yaml' leads out of the workspace root$"):
        load_project(root / "project.yaml", Files(root))


def test_a_project_that_is_missing(tmp_path: Path) -> None:
    """A missing file is a problem with its path, not a traceback."""
    with pytest.raises(ProjectError, match=r"p\.yaml: p\.yaml does not exist"):
        load_project(tmp_path / "p.yaml", Files(tmp_path))


def test_the_same_bytes_are_the_same_project(tmp_path: Path) -> None:
    """One that was read before is taken again; of another place, or of other bytes, it is another."""
    one = load(tmp_path, HEAD + SCENE)
    path, other = tmp_path / "project.yaml", tmp_path / "other.yaml"
    assert one is load_project(path, Files(tmp_path), one)
    other.write_bytes(path.read_bytes())
    assert other == load_project(other, Files(tmp_path), one).path
    path.write_text(HEAD + SCENE.replace("Hello", "Hello there"))
    assert "Hello there" == load_project(path, Files(tmp_path), one).spec.scenes[0].script.text  # type: ignore
