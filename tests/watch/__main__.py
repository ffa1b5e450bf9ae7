"""The long run: `python -m tests.watch --count 2000`, random edits of a workspace that is being watched.

Each edit is one of many: a text, a row, an include, a picture, a template, a scene or a row that comes or goes, a
project that comes or goes, a mistake that is mended, the same bytes again; saved in place, by renaming, anew, emptied
first, or many at once; before, while and after things are made. After every few of them what lies in `output/` is
compared with what was written. Counted: edits whose scene is not there in the end, renders that nothing asked for, and
memory, which is flat when the median of the last quarter of the run is at most `FLAT` times that of its second one.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

from didgen.digest import sha256_bytes
from tests import fakes
from tests.watch.running import Running, save, save_anew, save_by_renaming, save_in_two, watching

SAVES = (save, save_by_renaming, save_anew, save_in_two)
FLAT = 1.03
MEASURED_EVERY = 20
"""Edits between two looks at the memory."""
EVERY = 5
"""Edits between two looks at what came of them, at most."""


@dataclass
class Written:
    """One project as it is meant to be. texts: of scenes of their own file; rows: of `people.csv`; grey: of a face."""

    texts: dict[str, str] = field(default_factory=dict)
    rows: dict[str, str] = field(default_factory=dict)
    company: str = "acme"
    inner: str = "inside"
    grey: int = 90

    def words(self) -> dict[str, str]:
        """The first two words of each scene, which is what a tiny engine tells of."""
        said = {f"s-{scene}": text for scene, text in self.texts.items()}
        said |= {f"row[people={row}]": f"Hello {who}" for row, who in self.rows.items()}
        return said | {"shared": f"Firm {self.company}", "outer": f"Outer {self.inner}", "face": "Look here"}

    def yaml(self, name: str) -> str:
        """The project file."""
        scenes = "".join(f"  - id: s-{scene}\n    script: {{file: {scene}.md}}\n" for scene in self.texts)
        return f"""didgen: 1
name: {name}
include: shared.yaml
defaults: {{source: photo.jpg}}
data: {{people: people.csv}}
scenes:
{scenes}  - id: row
    each: {{people: id}}
    script: "Hello {{{{ row.who }}}}"
  - id: shared
    script: "Firm {{{{ company }}}}"
  - id: outer
    script: {{file: outer.md}}
  - id: face
    source: face.jpg
    script: Look here
"""


class Soak:
    """A workspace, what was written into it, and what came of that."""

    def __init__(self, root: Path, seed: int) -> None:
        self.root, self.chance = root, random.Random(seed)
        self.projects: dict[str, Written] = {}
        self.kinds: Counter[str] = Counter()
        self.number = 0
        for name in ("alpha", "beta", "gamma"):
            self.begin(name)

    def word(self) -> str:
        """A word that was never written before."""
        self.number += 1
        return f"w{self.number}"

    def begin(self, name: str) -> None:
        """A new project."""
        texts = {f"t{k}": f"Text {self.word()}" for k in range(4)}
        one = self.projects[name] = Written(texts, {"a": self.word(), "b": self.word()}, self.word(), self.word())
        folder = self.root / "projects" / name
        folder.mkdir(parents=True)
        save(folder / "photo.jpg", fakes.photo())
        for file in ("shared.yaml", "people.csv", "outer.md", "inner.md", "face.jpg", *(f"{t}.md" for t in texts)):
            save(folder / file, self.content(one, name, file))
        save(folder / "project.yaml", one.yaml(name))

    def content(self, one: Written, name: str, file: str) -> str | bytes:
        """What a file has to hold."""
        if file == "project.yaml":
            return one.yaml(name)
        if file == "people.csv":
            return "id,who\n" + "".join(f"{row},{who}\n" for row, who in one.rows.items())
        if file == "face.jpg":
            return fakes.photo(one.grey)
        given = {
            "shared.yaml": f"vars: {{company: {one.company}}}\n",
            "outer.md": "Outer {% include 'inner.md' %}",
            "inner.md": one.inner,
        }
        return given.get(file) or one.texts[file.removesuffix(".md")]

    def put(self, name: str, file: str, how: Callable[[Path, str | bytes], None] | None = None) -> None:
        """Save a file as it has to be, in one of the ways of editors."""
        path = self.root / "projects" / name / file
        ways = SAVES if path.exists() else (save, save_by_renaming)
        (how or self.chance.choice(ways))(path, self.content(self.projects[name], name, file))

    # -- edits --------------------------------------------------------------------------------------------------

    def edit(self) -> None:
        """One random edit."""
        kinds = [getattr(self, name) for name in dir(self) if name.startswith("edit_")]
        kind = self.chance.choice(kinds)
        self.kinds[kind.__name__.removeprefix("edit_")] += 1
        name = self.chance.choice(list(self.projects))
        kind(name, self.projects[name])

    def edit_text(self, name: str, one: Written) -> None:
        scene = self.chance.choice(list(one.texts))
        one.texts[scene] = f"Text {self.word()}"
        self.put(name, f"{scene}.md")

    def edit_slow_text(self, name: str, one: Written) -> None:
        scene = self.chance.choice(list(one.texts))
        one.texts[scene] = f"Text {self.word()} !slow"
        self.put(name, f"{scene}.md")

    def edit_row(self, name: str, one: Written) -> None:
        one.rows[self.chance.choice(list(one.rows))] = self.word()
        self.put(name, "people.csv")

    def edit_rows_come_and_go(self, name: str, one: Written) -> None:
        if len(one.rows) > 2:
            del one.rows[self.chance.choice(list(one.rows))]
        else:
            one.rows[self.word()] = self.word()
        self.put(name, "people.csv")

    def edit_include(self, name: str, one: Written) -> None:
        one.company = self.word()
        self.put(name, "shared.yaml")

    def edit_template(self, name: str, one: Written) -> None:
        one.inner = self.word()
        self.put(name, "inner.md")

    def edit_picture(self, name: str, one: Written) -> None:
        one.grey = self.chance.randint(0, 200)
        self.put(name, "face.jpg")

    def edit_scenes_come_and_go(self, name: str, one: Written) -> None:
        if len(one.texts) > 3:
            scene = self.chance.choice(list(one.texts))
            del one.texts[scene]
            self.put(name, "project.yaml")
            (self.root / "projects" / name / f"{scene}.md").unlink()
        else:
            scene = self.word()
            one.texts[scene] = f"Text {self.word()}"
            self.put(name, "project.yaml")  # before its text is there
            self.put(name, f"{scene}.md")

    def edit_mistake(self, name: str, one: Written) -> None:
        path = self.root / "projects" / name / "project.yaml"
        save(path, one.yaml(name).replace("scenes:", self.chance.choice(["scnes:", "scenes: [", "scenes: *x\n"])))
        time.sleep(self.chance.choice([0.0, 0.1, 0.6]))
        scene = self.chance.choice(list(one.texts))
        one.texts[scene] = f"Text {self.word()}"
        self.put(name, f"{scene}.md")
        self.put(name, "project.yaml")

    def edit_nothing(self, name: str, _: Written) -> None:
        self.put(name, self.chance.choice(["project.yaml", "people.csv", "face.jpg", "inner.md"]))

    def edit_back(self, name: str, one: Written) -> None:
        scene = self.chance.choice(list(one.texts))
        former = one.texts[scene]
        one.texts[scene] = f"Text {self.word()} !slow"
        self.put(name, f"{scene}.md", save)
        time.sleep(self.chance.choice([0.0, 0.15, 0.4]))
        one.texts[scene] = former
        self.put(name, f"{scene}.md")

    def edit_storm(self, name: str, one: Written) -> None:
        for scene in one.texts:
            one.texts[scene] = f"Text {self.word()}"
        for k in range(50):
            save(self.root / "projects" / name / f"other-{k}.txt", self.word())
        for scene in one.texts:
            self.put(name, f"{scene}.md", save)

    def edit_folder_anew(self, name: str, _: Written) -> None:
        folder = self.root / "projects" / name
        beside = folder.with_name(f".{name}")
        folder.rename(beside)
        time.sleep(self.chance.choice([0.0, 0.05, 0.7]))
        shutil.copytree(beside, folder)
        shutil.rmtree(beside)

    def edit_projects_come_and_go(self, name: str, _: Written) -> None:
        if len(self.projects) > 3:
            del self.projects[name]
            shutil.rmtree(self.root / "projects" / name)
        else:
            self.begin(self.word())

    def inputs(self, name: str) -> str:
        """What the manifest says that scenes were made from."""
        try:
            manifest = json.loads((self.root / "output" / name / "manifest.json").read_text())
        except (OSError, ValueError):
            return ""
        return json.dumps([scene["inputs"] for scene in manifest["scenes"]])

    # -- what came of it ----------------------------------------------------------------------------------------

    def missing(self, watch: Running) -> list[str]:
        """Scenes that are not in the outputs as they have to be."""
        wrong = []
        for name, one in self.projects.items():
            words = {scene: " ".join(text.split()[:2]) for scene, text in one.words().items()}
            try:
                spoken = {scene: said.partition(" ")[2] for scene, said in watch.spoken(name).items()}
            except (OSError, ValueError, KeyError):
                spoken = {}
            if sha256_bytes(fakes.photo(one.grey)) not in self.inputs(name):
                wrong.append(f"{name}/face: another picture")
            wrong += [
                f"{name}/{scene}: {spoken.get(scene)!r}" for scene, said in words.items() if spoken.get(scene) != said
            ]
        return wrong


def memory_mib(pid: int) -> float:
    """Resident memory of a process."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    return 0.0


def at_rest_mib(pid: int) -> float:
    """The same between two builds: the least of what is seen within two seconds."""
    end, least = time.monotonic() + 2.0, memory_mib(pid)
    while time.monotonic() < end:
        time.sleep(0.1)
        least = min(least, memory_mib(pid))
    return least


def settled(soak: Soak, watch: Running, patience_s: float = 30.0) -> list[str]:
    """What is still missing when everything had its time."""
    end = time.monotonic() + patience_s
    while (wrong := soak.missing(watch)) and time.monotonic() < end and watch.process.poll() is None:
        time.sleep(0.05)
    return wrong


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2000, help="edits")
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(soaked(Path(folder) / "work", given.count, given.seed))


def quarters(sizes: Sequence[float]) -> tuple[float, float]:
    """The medians of the second and the last quarter, in the unit of the sizes; the first one is for warming up."""
    quarter = max(1, len(sizes) // 4)
    return median(sizes[quarter : 2 * quarter] or sizes), median(sizes[-quarter:])


def soaked(root: Path, count: int, seed: int) -> int:
    """The exit code: 1 when anything was missed or done for nothing, and when memory is not flat."""
    soak, began = Soak(root, seed), time.monotonic()
    missed, for_nothing, renders, done, sizes = [], 0, 0, 0, list[float]()
    with watching(root) as watch:
        missed += settled(soak, watch)
        watch.renders()
        while done < count and watch.process.poll() is None:
            several = soak.chance.randint(1, EVERY)
            for _ in range(several):
                soak.edit()
                time.sleep(soak.chance.choice([0.0, 0.0, 0.05, 0.2, 0.5]))
            done += several
            missed += settled(soak, watch)
            renders += len(watch.renders())
            if soak.chance.random() < 0.05:  # nothing is written, and so nothing may be rendered
                time.sleep(1.0)
                for_nothing += len(watch.renders())
            if done >= len(sizes) * MEASURED_EVERY:
                sizes.append(at_rest_mib(watch.process.pid))
                print(f"{done} edits, {renders} renders, {len(missed)} missed, {sizes[-1]:.1f} MiB", flush=True)
        ended = watch.process.poll()
        if missed or ended is not None:
            print(watch.text()[-3000:])
    early, late = quarters(sizes)
    kinds = ", ".join(f"{number} {kind}" for kind, number in soak.kinds.most_common())
    print(f"{done} edits in {time.monotonic() - began:.0f} s: {kinds}")
    print(f"{renders} renders; {len(missed)} missed {missed[:5]}; {for_nothing} rendered for nothing")
    print(f"memory: {early:.1f} MiB in the second quarter, {late:.1f} in the last ({late / early:.3f}, most {FLAT})")
    return int(bool(missed) or bool(for_nothing) or ended is not None or late > FLAT * early)


if __name__ == "__main__":
    main()
