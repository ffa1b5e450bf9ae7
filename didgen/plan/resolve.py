"""From a project as written to scenes that can be rendered: no template left, every input a digest."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from didgen.api.wire import (
    TAG_CHARS,
    USER_DATA_CHARS,
    AnimationRequest,
    AudioScript,
    Provider,
    RenderConfig,
    RenderRequest,
    TalkRequest,
    TextScript,
)
from didgen.catalog.drivers import is_driver_file, resolve_driver
from didgen.catalog.voices import installed
from didgen.errors import DidgenError, Problem, ProjectError
from didgen.plan import terms
from didgen.plan.address import address_of, collisions
from didgen.plan.cast import Cast, rate_of
from didgen.plan.drawn import unset_config, unused
from didgen.plan.estimate import Length, animation_length, recording_length, text_length, unseen_recording_length
from didgen.plan.fingerprint import fingerprint_of
from didgen.plan.identity import Identities, ServiceId
from didgen.plan.inputs import Inputs, Remote, driver_s
from didgen.plan.instances import Instance, Instances
from didgen.plan.merge import ANIMATION_ONLY, OWN, TALK_ONLY, Merged, merge, written_at
from didgen.plan.rights import Rights, needs
from didgen.plan.scene import Grant, Input, Limit, Need, Scene
from didgen.plan.texts import Texts, WrongTextError
from didgen.project.explain import field_name
from didgen.project.files import FileProblem, Files
from didgen.project.load import Project
from didgen.project.models import SceneSpec, ScriptSpec
from didgen.project.output import OutputTemplate
from didgen.project.script import Text
from didgen.project.template import Templates, has_tags

CARRIED = ("face", "user_data", "webhook", "result_url", "persist", "name")
"""Keys of a scene that the request carries under the same name and as they are written."""

TEMPLATED = ("source", "driver", "voice")
"""Keys of a scene that may hold templates, beside its script."""

Path = tuple[str | int, ...]


def resolve(
    project: Project,
    files: Files,
    service: ServiceId,
    *,
    remote: Remote | None = None,
    output: OutputTemplate | None = None,
    available: Collection[str] | None = None,
) -> list[Scene]:
    """All scenes of a project in order.

    remote fetches inputs named by https URL; without it the local engine refuses them. output: the workspace's
    template of where outputs go. available: local voices that can speak, looked for when left out. Raises ProjectError
    with every problem of the project, those of `load_project` included, in file order.
    """
    scenes: list[Scene | None] = []
    cast = Cast(service, installed() if available is None else available)
    shared = _Shared(project, service, cast, Rights(project, files), Identities(service))
    wrong: dict[Problem, list[str]] = {}
    with Templates(files) as templates:
        found = Instances(project, files, templates, output)
        texts = Texts(project, files, templates)
        for instance in found.all():
            inputs = Inputs(files, service, remote)
            one = _One(instance, texts, inputs, shared)
            scenes.append(one.scene())
            for problem in one.problems:
                wrong.setdefault(problem, []).append(instance.address)
    problems = [*project.problems, *collisions(project), *found.problems, *_not_joined(project, scenes)]
    problems += [_with_addresses(problem, addresses) for problem, addresses in wrong.items()]
    if problems:
        raise ProjectError(sorted(dict.fromkeys(problems), key=_file_order))
    return [scene for scene in scenes if scene is not None]


def _with_addresses(problem: Problem, addresses: Sequence[str]) -> Problem:
    """A problem of some instances of a scene, told once and saying of which."""
    first, *more = dict.fromkeys(addresses)
    if "[" not in first:
        return problem
    others = f" and {len(more)} more" if more else ""
    return replace(problem, message=f"{problem.message}, in {first}{others}")


def _not_joined(project: Project, scenes: Sequence[Scene | None]) -> list[Problem]:
    """Scenes that `film` names and no film can hold."""
    if project.spec.film is None:
        return []
    gifs = {s.address.partition("[")[0] for s in scenes if s is not None and s.output.suffix == ".gif"}
    return [
        project.problem(
            f"{name} is a GIF: without sound it cannot be part of a film", "film", number, hint="leave it out"
        )
        for number, name in enumerate(project.spec.film)
        if address_of(project.name, name) in gifs
    ]


def _file_order(problem: Problem) -> tuple[str, int, int]:
    place = problem.place
    return (place.file, place.line, place.column) if place else ("", 0, 0)


@dataclass(slots=True)
class _Spoken:
    """A talk's script as it is sent, what captions show, and how long it is about."""

    script: TextScript | AudioScript
    text: Text
    length: Length


@dataclass(slots=True)
class _Frame:
    """What scenes have in common that say nothing of their own but who they are and what is said. alike: by which they
    are known, None for a scene that has it for itself. request, rights: of the first talk among them."""

    merged: Merged
    common: Mapping[str, Any]
    inputs: Mapping[str, Input]
    notes: tuple[str, ...]
    input_notes: tuple[str, ...]
    alike: tuple[str, str] | None = None
    request: TalkRequest | None = None
    rights: tuple[tuple[Grant, ...], tuple[Need, ...]] | None = None


@dataclass(frozen=True, slots=True)
class _Shared:
    """What the scenes of one project share while they are resolved."""

    project: Project
    service: ServiceId
    cast: Cast
    rights: Rights
    identities: Identities
    frames: dict[tuple[str, str], _Frame] = field(default_factory=dict)  # by kind and locale


@dataclass(slots=True)
class _One:
    """The resolving of one scene; what is wrong is gathered, so that one fault hides no other."""

    instance: Instance
    texts: Texts
    inputs: Inputs
    shared: _Shared
    problems: list[Problem] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def project(self) -> Project:
        return self.shared.project

    @property
    def service(self) -> ServiceId:
        return self.shared.service

    @property
    def spec(self) -> SceneSpec:
        return self.instance.spec

    @property
    def number(self) -> int:
        return self.instance.number

    def scene(self) -> Scene | None:
        """The scene, or None when there are problems."""
        locale = self.instance.locale
        frame = self._framed(locale)
        merged = frame.merged
        self._check_suffix(merged)
        spoken = self._spoken(self.spec.script, merged, locale) if self.spec.script is not None else None
        if self.problems:
            return None
        request = self._request(frame, spoken)
        self._check_terms(request, merged)
        return None if self.problems else self._made(request, spoken, locale, frame)

    def _request(self, frame: _Frame, spoken: _Spoken | None) -> RenderRequest:
        """The request; all but its script was checked already where the frame has had one."""
        if spoken is None:
            return AnimationRequest(**frame.common)
        if frame.request is None:
            frame.request = TalkRequest(script=spoken.script, **frame.common)
            return frame.request
        return frame.request.model_copy(update={"script": spoken.script})

    def _framed(self, locale: str) -> _Frame:
        """The scene's values, and the members of its request that do not depend on what is said."""
        plain, key = self.spec.model_fields_set <= OWN, (self.spec.kind, locale)
        frame = self.shared.frames.get(key) if plain else None
        if frame is not None:
            self.inputs.found.update(frame.inputs)
            self.inputs.notes += frame.input_notes
            self.notes += frame.notes
            return frame
        written = merge(self.project, self.spec, self.number, locale)
        merged = self._filled(written)
        self._check_kind(merged)
        common = self._common(merged)
        found = dict(self.inputs.found)
        frame = _Frame(merged, common, found, tuple(self.notes), tuple(self.inputs.notes))
        if plain and not self.problems and not has_tags(str([written.values.get(key) for key in TEMPLATED])):
            self.shared.frames[key] = frame
            frame.alike = key
        return frame

    def _filled(self, merged: Merged) -> Merged:
        """The same with its templates filled in; None for a value whose template is wrong."""
        values = dict(merged.values)
        for key in TEMPLATED:
            if key not in values:
                continue
            try:
                values[key] = self.texts.fill(values[key], self.instance, merged.places[key])
            except WrongTextError as wrong:
                self.problems.append(wrong.problem)
                values[key] = None
        return Merged(values, merged.places)

    def _check_terms(self, request: RenderRequest, merged: Merged) -> None:
        """What the renderer does not take, and what it makes no use of."""
        if self.service.local:
            self.notes += unused(request)
        elif self.service.is_d_id:
            self.notes += terms.notes(request)
            for fault in terms.faults(request):
                head, *rest = fault.keys
                self._fail(fault.message, (*merged.places.get(head, ("scenes", self.number, head)), *rest), fault.hint)

    def _limit(self, merged: Merged) -> Limit | None:
        seconds, path = merged.values.get("max_seconds"), merged.places.get("max_seconds", ())
        return None if seconds is None else Limit(seconds, self.project.document.place(*path), field_name(path))

    def _made(self, request: RenderRequest, spoken: _Spoken | None, locale: str, frame: _Frame) -> Scene:
        recorded = spoken is not None and isinstance(spoken.script, AudioScript)
        alike = None if recorded else frame.alike
        identity, fingerprint = self.shared.identities.of(request, self.inputs.found, alike)
        if spoken is not None and self.service.local and spoken.script.subtitles and spoken.text.respelled:
            identity["respelled"] = dict(spoken.text.respelled)  # the words of the track inside of the video
            fingerprint = fingerprint_of(identity)
        config = request.config or unset_config()
        length = spoken.length if spoken else self._animation_length(request.driver_url, config.pad_audio)
        grants, unproven = self._rights(request, frame) if alike is None else self._rights_alike(request, frame)
        return Scene(
            address=self.instance.address,
            kind=self.spec.kind,
            request=request,
            inputs=self.inputs.found,
            identity=identity,
            fingerprint=fingerprint,
            output=self.instance.folder / f"{self.instance.stem}.{config.result_format}",
            spoken=spoken.text.spoken if spoken else "",
            locale=locale,
            seconds=length.seconds,
            most_s=length.most_s,
            notes=(*self.notes, *self.inputs.notes),
            written=spoken.text.written if spoken else "",
            respelled=spoken.text.respelled if spoken else {},
            pronounce=self.project.spec.pronounce,
            combination=self.instance.combination,
            film=self.instance.film,
            limit=self._limit(frame.merged),
            grants=grants,
            unproven=unproven,
        )

    def _rights(self, request: RenderRequest, frame: _Frame) -> tuple[tuple[Grant, ...], tuple[Need, ...]]:
        audio_at = ("scenes", self.number, "script", "audio")
        return self.shared.rights.of(needs(request, self.inputs, frame.merged, audio_at))

    def _rights_alike(self, request: RenderRequest, frame: _Frame) -> tuple[tuple[Grant, ...], tuple[Need, ...]]:
        """The same for all scenes of a frame: words need nobody's leave."""
        if frame.rights is None:
            frame.rights = self._rights(request, frame)
        return frame.rights

    def _animation_length(self, driver: str | None, pad_s: float | None) -> Length:
        given = self.inputs.found.get("driver_url")
        known_s = driver_s(given.path, given.digest) if given is not None else None
        return animation_length(driver, known_s, local=self.service.local, pad_s=pad_s or 0.0)

    def _fail(self, message: str, path: Path, hint: str = "") -> None:
        self.problems.append(self.project.problem(message, *path, hint=hint))

    def _check_kind(self, merged: Merged) -> None:
        """What the scene itself says that does not fit its kind."""
        talk = self.spec.kind == "talk"
        path: Path = ("scenes", self.number)
        if not talk and self.spec.voice is not None:
            self._fail("an animation has no voice", (*path, "voice"), "give the scene a script, or leave this out")
        for key in merged.values.get("config") or {}:
            if key in (ANIMATION_ONLY if talk else TALK_ONLY):
                kind = "animations" if talk else "talks"
                self._fail(
                    f"belongs to {kind}, and this is {'a talk' if talk else 'an animation'}", (*path, "config", key)
                )

    def _check_suffix(self, merged: Merged) -> None:
        """A file that is called what it is not would be opened by the wrong program."""
        template, made = self.instance.template, (merged.values.get("config") or {}).get("result_format") or "mp4"
        if template is not None and template.suffix not in ("", made):
            message = f"ends in .{template.suffix}, and {self.instance.address} is made as {made}"
            self.problems.append(Problem(message, template.place, template.field, "leave the suffix out"))

    def _check_room(self, user_data: str, merged: Merged) -> None:
        """A paid job carries our tag as well, in what the user's own data leave free."""
        room = USER_DATA_CHARS - TAG_CHARS
        if self.service.paid and len(user_data) > room:
            message = (
                f"is {len(user_data)} characters long, and {room} is the limit: the tag a job is known by comes after"
            )
            self._fail(message, merged.places["user_data"], "shorten it")

    def _note_own_bucket(self, url: str) -> None:
        """Where the video is written is the user's affair, and to bring it from there we have no keys."""
        if url and not self.service.local:
            unread = "an s3:// link cannot be read" if url.startswith("s3:") else "one that needs them cannot be read"
            self.notes.append(f"result_url: the video is brought from there without your bucket's keys; {unread}")

    def _common(self, merged: Merged) -> dict[str, Any]:
        """The request's members that talks and animations share."""
        values = {key: value for key, value in merged.values.items() if key in CARRIED}
        self._check_room(values.get("user_data") or "", merged)
        self._note_own_bucket(str(values.get("result_url") or ""))
        if merged.values.get("source"):
            values["source_url"] = self._input("source_url", merged.values["source"], merged.places["source"])
        elif merged.values.get("source") == "":
            self._fail("is empty", merged.places["source"], "name a picture, or leave it out for that of `defaults`")
        elif "source" not in merged.values:
            self._fail("has no source", ("scenes", self.number), "name a picture here or under `defaults`")
        if merged.values.get("driver"):
            values["driver_url"] = self._driver(merged.values["driver"], merged.places["driver"])
        if "config" in merged.values:
            values["config"] = self._config(dict(merged.values["config"]))
        return values

    def _input(self, name: str, written: str, path: Path) -> str:
        try:
            return self.inputs.take(name, written, self.project.folder_of(*path))
        except FileProblem as problem:
            self._fail(str(problem), path, problem.hint(self.project.folder_of(*path)))
        except DidgenError as error:
            self._fail(error.message, path, error.hint)
        return "unusable"

    def _driver(self, written: str, path: Path) -> str:
        if is_driver_file(written):
            return self._input("driver_url", written, path)
        try:
            driver = resolve_driver(written, self.spec.kind)
        except DidgenError as error:
            self._fail(error.message, path, error.hint)
            return "unusable"
        return driver if driver.startswith("bank://") else self._input("driver_url", driver, path)

    def _config(self, config: dict[str, Any]) -> RenderConfig:
        if isinstance(config.get("logo"), dict):
            path = written_at(self.project, self.number, self.instance.locale, "config", "logo", "url")
            url = self._input("logo_url", config["logo"]["url"], path)
            config["logo"] = {**config["logo"], "url": url}
        if self.spec.kind == "animation" and config.get("overlay") is not None:
            path = written_at(self.project, self.number, self.instance.locale, "config", "overlay")
            config["overlay"] = self._input("overlay_url", config["overlay"], path)
        if self.service.local and config.get("logo") is False:
            self.notes.append("logo: false, so nothing in the picture says that it is AI-generated")
        return RenderConfig(**config)

    def _spoken(self, script: ScriptSpec, merged: Merged, locale: str) -> _Spoken | None:
        pad_s = float((merged.values.get("config") or {}).get("pad_audio") or 0.0)
        if script.audio is not None:
            return self._recording(script, script.audio, pad_s)
        wrong = len(self.problems)
        provider = self._voice(merged, locale)
        text, problems = self.texts.take(script, self.instance, self.notes)
        self.problems += problems
        if text is None or len(self.problems) > wrong:
            return None
        flags: dict[str, Any] = {key: on for key in ("ssml", "subtitles") if (on := getattr(script, key)) is not None}
        if provider is not None:
            flags["provider"] = provider
        speaker = (provider.voice_id if provider else None) or ""
        if not script.ssml and (why := self.shared.cast.unreadable(text.spoken, speaker)):
            self._fail(f"the voice {speaker} {why}", ("scenes", self.number, "script"), "choose one of its language")
            return None
        length = text_length(text.spoken, speaker, locale, rate=rate_of(provider), pad_s=pad_s)
        return _Spoken(TextScript(input=text.spoken, **flags), text, length)

    def _recording(self, script: ScriptSpec, written: str, pad_s: float) -> _Spoken | None:
        path = ("scenes", self.number, "script", "audio")
        try:
            url = self._input("audio_url", self.texts.fill(written, self.instance, path), path)
        except WrongTextError as wrong:
            self.problems.append(wrong.problem)
            return None
        flags = script.model_dump(include={"subtitles", "reduce_noise"}, exclude_none=True)
        return _Spoken(AudioScript(audio_url=url, **flags), Text("", ""), self._recording_length(pad_s))

    def _recording_length(self, pad_s: float) -> Length:
        given = self.inputs.found.get("audio_url")
        if given is None:
            return unseen_recording_length(pad_s=pad_s)
        length = recording_length(given.path, pad_s=pad_s)
        if length.most_s > length.seconds and not self.service.local:
            self.notes.append("the recording's file does not tell how long it is: guessed from its size")
        return length

    def _voice(self, merged: Merged, locale: str) -> Provider | None:
        if "voice" in merged.values and merged.values["voice"] is None:
            return None
        try:
            provider, note = self.shared.cast.provider(merged.values.get("voice"), locale)
        except DidgenError as error:
            self._fail(error.message, merged.places.get("voice", ("scenes", self.number, "script")), error.hint)
            return None
        if note:
            self.notes.append(note)
        return provider
