"""Two clones of a workspace through everything that happens to one, as a state machine: edits and edits taken back,
builds, builds killed by the system, damage, `cache gc`, a lost `.didgen`, git, and a shared store pushed to and pulled.

`python -m tests.walk.clones --count N`: N lives of two clones; exit code 1 when one went wrong.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import suppress
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test

from didgen.jobs import turns
from didgen.store import claims
from didgen.store.objects import DamagedObjectError
from didgen.walk import sharing, steps
from tests import fakes
from tests.walk.machine import REPOSITORY, started

SCENES = ("one", "two")
CLONES = st.sampled_from(["a", "b"])
LEASE_S = 1.0
DONE: Counter[str] = Counter()
"""How often each thing was done, for the long run to tell."""


class Lives(RuleBasedStateMachine):
    """After every build: the outputs are what a fresh build makes of the same files, none of it is damaged, and nothing
    was rendered again that was stored whole here or in the shared store."""

    @initialize(shares=st.booleans())
    def begin(self, shares: bool) -> None:
        """An origin with one project, and two clones of it. shares: they have a shared store."""
        self.folder = Path(tempfile.mkdtemp(prefix="clones-"))
        (self.folder / "shared").mkdir()  # one that is not there is a disk that is away
        self.shares = shares
        self.bytes: dict[str, bytes] = {}  # script → its video
        self.may: Counter[tuple[str, str]] = Counter()  # (whose, script) → renders more than the one
        self.unsettled: set[str] = set()  # clones whose last build was killed
        claims.LEASE_S, claims.BEAT_S, turns.LOOK_S = LEASE_S, LEASE_S / 4, (0.05, 0.2)
        self._git(self.folder, "init", "-q", "--bare", "-b", "main", "origin")
        self._write(self.folder / "a", dict.fromkeys(SCENES, 0))
        self._git(self.folder / "a", "init", "-q", "-b", "main")
        self._git(self.folder / "a", "remote", "add", "origin", "../origin")
        self._commit("a")
        self._git(self.folder, "clone", "-q", "origin", "b")

    # -- what happens --------------------------------------------------------------------------------------------------

    @rule(clone=CLONES, scene=st.sampled_from(SCENES), word=st.integers(0, 2))
    def edit(self, clone: str, scene: str, word: int) -> None:
        """Say something else, or what was said before."""
        self._did("edit")
        self._write(self.folder / clone, {**self._words(clone), scene: word})

    @rule(clone=CLONES)
    def build(self, clone: str) -> None:
        """Build to the end, and look at everything."""
        self._did("build")
        before = self._log(clone)
        os.environ["DIDGEN_FAKE_LOG"] = str(self._log_path(clone))
        wanted = steps.wish(self.folder / clone)
        try:
            summary = steps.build(wanted, command=fakes.COMMAND)
        except DamagedObjectError:  # a damaged sidecar is told, dropped and made again
            self._did("damage told")
            summary = steps.build(wanted, command=fakes.COMMAND)
        assert summary.error is None, summary.scenes
        self.unsettled.discard(clone)
        for scene, word in self._words(clone).items():
            text, video = _script(scene, word), (self.folder / clone / "output/hello" / f"{scene}.mp4").read_bytes()
            assert self.bytes.setdefault(text, video) == video, f"{clone}: another video for {text!r}"
        for text, times in (self._log(clone) - before).items():
            assert times == 1, f"{text!r} was rendered {times} times by one build"
        assert {"reused"} == {scene.action for scene in steps.build(wanted, command=fakes.COMMAND).scenes}

    @rule(clone=CLONES, renders=st.integers(0, 2), wait_s=st.sampled_from([0.0, 0.02, 0.1]))
    def kill(self, clone: str, renders: int, wait_s: float) -> None:
        """Build in a process of its own, and kill that once it has begun so many renders."""
        self._did("kill")
        before = self._log(clone)
        machine = started(self.folder / clone, LEASE_S, DIDGEN_FAKE_LOG=str(self._log_path(clone)))
        end = time.monotonic() + 20
        while machine.poll() is None and (self._log(clone) - before).total() < renders and time.monotonic() < end:
            time.sleep(0.01)
        time.sleep(wait_s)
        with suppress(ProcessLookupError):  # it has ended already
            os.killpg(machine.pid, signal.SIGKILL)
        machine.communicate()
        time.sleep(LEASE_S)  # whoever waits for it has to see that it is dead
        for text in self._log(clone) - before:
            self.may[self._whose(clone), text] += 1  # it may have been killed before it was kept
        self.unsettled.add(clone)

    @rule(clone=CLONES, chance=st.randoms(use_true_random=False), how=st.sampled_from(["flip", "cut", "empty", "gone"]))
    def damage(self, clone: str, chance: random.Random, how: str) -> None:
        """Any file of the store or of the outputs."""
        root = self.folder / clone
        found = [*sorted((root / ".didgen/objects").glob("??/*")), *sorted((root / "output").rglob("*.*"))]
        if not found:
            return
        self._did(f"damage: {how}")
        path = chance.choice(found)
        data = path.read_bytes()
        path.unlink()
        if how != "gone":
            at = chance.randrange(max(1, len(data)))
            cut = data[:at] if how == "cut" else b""
            path.write_bytes(data[:at] + bytes((data[at] ^ 4,)) + data[at + 1 :] if how == "flip" and data else cut)
        if ".didgen" in path.parts:
            self._forgive(clone)

    @rule(clone=CLONES)
    def gc(self, clone: str) -> None:
        """Remove what nobody refers to, however young."""
        self._did("gc")
        self._didgen(clone, "cache", "gc", "--delete", "--older", "0")
        self._forgive(clone)

    @rule(clone=CLONES)
    def lose(self, clone: str) -> None:
        """Delete the state and all that is stored."""
        self._did("lose")
        shutil.rmtree(self.folder / clone / ".didgen", ignore_errors=True)
        self._forgive(clone)

    @rule(clone=CLONES)
    def hand_over(self, clone: str) -> None:
        """Commit and push in git; the other clone takes it."""
        self._did("git")
        other = "b" if clone == "a" else "a"
        self._commit(clone)
        self._git(self.folder / other, "fetch", "-q", "origin")
        self._git(self.folder / other, "reset", "-q", "--hard", "origin/main")

    @rule(clone=CLONES)
    def push(self, clone: str) -> None:
        """Put all that is stored here into the shared store."""
        if self.shares:
            self._did("push")
            sharing.push(self.folder / clone, lambda _: None)

    @rule(clone=CLONES)
    def pull(self, clone: str) -> None:
        """Bring what is needed from there."""
        if self.shares:
            self._did("pull")
            sharing.pull(steps.wish(self.folder / clone), lambda _: None)

    # -- what holds ----------------------------------------------------------------------------------------------------

    @invariant()
    def nothing_is_rendered_again(self) -> None:
        """That is stored whole."""
        if not hasattr(self, "folder"):
            return
        logs = {clone: self._log(clone) for clone in "ab"}
        made = {"ab": logs["a"] + logs["b"]} if self.shares else logs
        for whose, counts in made.items():
            for text, times in counts.items():
                assert times <= 1 + self.may[whose, text], f"{text!r} was rendered {times} times by {whose}"

    def teardown(self) -> None:
        """A fresh build of all that was ever said makes the same videos."""
        if not hasattr(self, "folder"):
            return
        os.environ["DIDGEN_FAKE_LOG"] = str(self.folder / "fresh.log")
        fresh = self.folder / "fresh"
        said = {(scene, word): _script(scene, word) for scene in SCENES for word in range(3)}
        names = {f"{scene}{word}": text for (scene, word), text in said.items() if text in self.bytes}
        if names:
            _write_project(fresh, names)
            steps.build(steps.wish(fresh), command=fakes.COMMAND)
            for name, text in names.items():
                assert self.bytes[text] == (fresh / "output/hello" / f"{name}.mp4").read_bytes(), text
        shutil.rmtree(self.folder)

    # -- how -----------------------------------------------------------------------------------------------------------

    def _did(self, what: str) -> None:
        DONE[what] += 1

    def _whose(self, clone: str) -> str:
        return "ab" if self.shares else clone

    def _forgive(self, clone: str) -> None:
        """What was stored in a clone may have to be rendered again, unless the shared store has it for certain."""
        if not self.shares or clone in self.unsettled:
            for text in [_script(scene, word) for scene in SCENES for word in range(3)]:
                self.may[self._whose(clone), text] += 1

    def _words(self, clone: str) -> dict[str, int]:
        text = (self.folder / clone / "projects/hello/project.yaml").read_text()
        return {scene: next(word for word in range(3) if _script(scene, word) in text) for scene in SCENES}

    def _write(self, root: Path, words: dict[str, int]) -> None:
        _write_project(root, {scene: _script(scene, word) for scene, word in words.items()})
        (root / ".gitignore").write_text(".didgen/\noutput/\n")
        shared = f"store: {self.folder / 'shared'}\nstore_push: true\n" if self.shares else "jobs: 1\n"
        (root / "didgen.yaml").write_text(shared)

    def _log_path(self, clone: str) -> Path:
        return self.folder / f"{clone}.log"

    def _log(self, clone: str) -> Counter[str]:
        """Scripts that a clone has begun to render, and how often."""
        path = self._log_path(clone)
        return Counter(path.read_text().splitlines() if path.exists() else [])

    def _commit(self, clone: str) -> None:
        root = self.folder / clone
        self._git(root, "add", "-A")
        self._git(root, "-c", "user.name=x", "-c", "user.email=x@x.org", "commit", "-q", "--allow-empty", "-m", "x")
        self._git(root, "push", "-q", "--force", "origin", "HEAD:main")

    def _git(self, root: Path, *words: str) -> None:
        root.mkdir(exist_ok=True)
        subprocess.run(["git", *words], cwd=root, check=True, capture_output=True)

    def _didgen(self, clone: str, *words: str) -> None:
        command = [sys.executable, "-m", "didgen", *words]
        environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
        subprocess.run(command, cwd=self.folder / clone, check=True, capture_output=True, env=environment)


def _script(scene: str, word: int) -> str:
    return f"Scene {scene} says {('alpha', 'beta', 'gamma')[word]}."


def _write_project(root: Path, scripts: dict[str, str]) -> None:
    home = root / "projects" / "hello"
    home.mkdir(parents=True, exist_ok=True)
    lines = ["didgen: 1", "name: hello", "defaults: {source: anna.jpg}", "film: []", "scenes:"]
    lines += [f'  - {{id: {scene}, script: "{text}"}}' for scene, text in scripts.items()]
    (home / "project.yaml").write_text("\n".join(lines) + "\n")
    if not (home / "anna.jpg").exists():
        (home / "anna.jpg").write_bytes(fakes.photo())


def live(count: int, steps_each: int) -> None:
    """So many lives of two clones. Raises AssertionError, with the steps that lead there, when one goes wrong."""
    checks = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
    run_state_machine_as_test(  # type: ignore[no-untyped-call]
        Lives,
        settings=settings(
            max_examples=count,
            stateful_step_count=steps_each,
            deadline=None,
            database=None,
            derandomize=count < 10,
            suppress_health_check=checks,
        ),
    )


def main() -> int:
    """Live, and say in numbers what came of it."""
    parser = argparse.ArgumentParser(prog="python -m tests.walk.clones")
    parser.add_argument("--count", type=int, default=300, help="how many lives; default: 300")
    given = parser.parse_args()
    began = time.monotonic()
    live(given.count, 30)
    told = ", ".join(f"{count} {what}" for what, count in DONE.most_common())
    print(f"{given.count} lives of two clones, nothing wrong: {told}; {time.monotonic() - began:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
