"""Another didgen renders nothing again unasked, and what an older one made can be kept."""

from __future__ import annotations

import json
import os
import pty
import select
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from didgen.catalog import versions
from didgen.errors import UpgradeError
from didgen.store.artifacts import Artifacts
from didgen.walk import steps
from didgen.walk.upgrade import Upgrade, adopt
from didgen.walk.why import why
from tests import fakes
from tests.walk.hello import edit, write

PROJECT = """\
didgen: 1
name: hello
defaults: {source: anna.jpg}
scenes:
  - id: welcome
    script: "Good morning."
  - id: more
    script: "There is more."
  - id: same
    script: "Good morning."
"""
OLD = versions.ENGINE - 1


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace that a didgen with an older engine has built."""
    write(tmp_path, PROJECT)
    with monkeypatch.context() as older:
        older.setattr(versions, "ENGINE", OLD)
        assert build(tmp_path).error is None
    return tmp_path


def build(root: Path, **options: Any) -> steps.Summary:
    hooks = {name: options.pop(name) for name in ("on_upgrade",) if name in options}
    return steps.build(steps.wish(root, **options), command=fakes.COMMAND, **hooks)


def outputs(root: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in (root / "output").rglob("*.*") if path.suffix != ".json"}


def test_what_only_an_upgrade_would_render_again_is_asked_about(root: Path) -> None:
    """Once for all scenes, each video once; without a yes nothing is rendered, with one everything is."""
    asked: list[Upgrade] = []

    def no(upgrade: Upgrade) -> bool:
        asked.append(upgrade)
        return False

    before = outputs(root)
    with pytest.raises(UpgradeError, match=f"2 scenes .*rendered by engine {OLD}, now {OLD + 1}.*--accept-upgrade"):
        build(root, on_upgrade=no)
    assert [("hello/welcome", "hello/more")] == [upgrade.addresses for upgrade in asked]
    assert before == outputs(root)
    assert ["rendered"] * 3 == [scene.action for scene in build(root, accept_upgrade=True).scenes]
    assert ["reused"] * 3 == [scene.action for scene in build(root).scenes]


def test_what_has_another_reason_too_is_not_asked_about(root: Path) -> None:
    """A changed sentence, a new scene, and what was asked for by --force are rendered as ever."""
    edit(root, "There is more.", "There is less.")
    edit(root, "Good morning.", "Good evening.")
    assert ["rendered"] * 3 == [scene.action for scene in build(root).scenes]


def test_force_is_consent(root: Path) -> None:
    """--force asks for everything anyway."""
    assert ["rendered"] * 3 == [scene.action for scene in build(root, force=True).scenes]


def test_where_nothing_is_stored_nothing_is_asked(root: Path) -> None:
    """The history alone keeps nobody from rendering."""
    for path in (root / ".didgen" / "objects").rglob("*"):
        if path.is_file():
            path.unlink()
    assert ["rendered"] * 3 == [scene.action for scene in build(root).scenes]


def test_adopted_videos_are_up_to_date_and_say_who_made_them(root: Path) -> None:
    """No output is touched, sidecar and manifest name the older engine, and a next change renders with the new one."""
    before = outputs(root)
    assert ["hello/welcome", "hello/more"] == adopt(steps.wish(root), print)
    summary = build(root)
    assert ["reused"] * 3 == [scene.action for scene in summary.scenes]
    assert before == outputs(root)
    manifest = json.loads((root / "output/hello/manifest.json").read_bytes())
    assert [f"didgen engine {OLD}"] * 3 == [scene["rendered_by"] for scene in manifest["scenes"]]
    (one,) = why(root, "hello/more", None, print)
    assert one.present is not None
    assert one.stored is not None
    assert (one.present.fingerprint, ()) == (one.stored.fingerprint, one.differences)
    assert OLD == one.stored.rendered_by["engine"]
    with Artifacts(root) as store:
        assert OLD == store.sidecar(one.stored.fingerprint)["facts"]["rendered_by"]["engine"]
    edit(root, "There is more.", "There is less.")
    assert ["reused", "rendered", "reused"] == [scene.action for scene in build(root).scenes]
    manifest = json.loads((root / "output/hello/manifest.json").read_bytes())
    assert f"didgen engine {OLD + 1}" == manifest["scenes"][1]["rendered_by"]


def test_some_can_be_adopted_and_changed_ones_are_not(root: Path) -> None:
    """By address; a scene with another reason is left alone."""
    edit(root, "There is more.", "There is less.")
    assert [] == adopt(steps.wish(root, ["hello/more"]), print)
    assert ["hello/same"] == adopt(steps.wish(root, ["hello/same"]), print)
    assert [] == adopt(steps.wish(root, ["hello/same"]), print)


def test_a_damaged_video_is_not_adopted(root: Path) -> None:
    """It is rendered again."""
    with Artifacts(root) as store:
        (one,) = why(root, "hello/more", None, print)
        assert one.stored is not None
        path = store.objects.path(one.stored.video)
    path.chmod(0o644)
    path.write_bytes(bytes(path.stat().st_size))
    assert [] == adopt(steps.wish(root, ["hello/more"]), print)
    assert one.present is not None
    with Artifacts(root) as store:
        assert store.find(one.present.fingerprint) is None


def test_the_program_refuses_without_a_terminal_and_asks_at_one(root: Path) -> None:
    """Exit code 4 and one sentence; the plan says it beforehand; Enter means no."""
    words = [sys.executable, "-m", "didgen"]
    kept = {name: value for name, value in os.environ.items() if name != "CI"}
    done = subprocess.run([*words, "build"], cwd=root, env=kept, capture_output=True, text=True, timeout=100)
    assert (4, 1) == (done.returncode, len(done.stderr.splitlines()))
    assert "--accept-upgrade" in done.stderr
    said = subprocess.run([*words, "plan"], cwd=root, env=kept, capture_output=True, text=True, timeout=100).stdout
    assert "only because didgen was upgraded" in said
    master, slave = pty.openpty()
    asked = subprocess.Popen([*words, "build"], cwd=root, env=kept, stdin=slave, stdout=slave, stderr=slave)
    os.close(slave)
    os.write(master, b"\n")
    seen = b""
    while select.select([master], [], [], 100)[0]:
        try:
            seen += os.read(master, 4096)
        except OSError:  # the other end is closed
            break
    os.close(master)
    assert (4, True) == (asked.wait(100), b"Render them again? [y/N]" in seen), seen
    done = subprocess.run([*words, "adopt"], cwd=root, env=kept, capture_output=True, text=True, timeout=100)
    assert (0, 2) == (done.returncode, done.stdout.count("kept as it was rendered"))
