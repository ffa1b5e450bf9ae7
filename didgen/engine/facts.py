"""Everything known of a finished video, as JSON values."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from didgen.engine.face.find import as_response
from didgen.engine.shot import Shot
from didgen.engine.song.song import sung_by
from didgen.engine.speech.speech import Speech
from didgen.engine.subject import Subject
from didgen.engine.video.gif import step_of
from didgen.engine.warp.ensemble import Ensemble


def facts_of(
    shot: Shot,
    speech: Speech | None,
    subject: Subject,
    ensemble: Ensemble,
    driver: str,
    out: Path,
    seconds: float,
) -> Mapping[str, Any]:
    """The facts of `Rendered`. driver: the one that was chosen; seconds: what drawing and encoding took."""
    step = step_of(shot.config.result_format)
    frames = len(range(0, len(ensemble), step))
    song = sung_by(driver)
    spoken = speech if song is None else song.speech
    faces = [as_response(face, subject.scale, number) for number, face in enumerate(subject.faces)]
    pose = [round(float(d), 2) for d in subject.faces[0].pose_deg]
    metadata = {
        "driver_url": driver,
        "mouth_open": bool(ensemble.rigs[0].geometry.mouth_open),
        "num_faces": len(subject.faces) + len(subject.others),
        "num_frames": frames,
        "processing_fps": round(frames / max(seconds, 1e-6), 1),
        "resolution": [ensemble.width, ensemble.height],
        "size_kib": round(out.stat().st_size / 1024, 1),
    }
    return {
        "kind": shot.kind,
        "duration_s": frames * step / ensemble.fps,
        "frames": frames,
        "resolution": [ensemble.width, ensemble.height],
        "driver_url": driver,
        "face": faces[0],
        "faces": faces,
        "words": [[w.text, _ms(w.start_s), _ms(w.end_s)] for w in speech.words] if speech else [],
        "phonemes": [[p.symbol, p.viseme, _ms(p.start_s), _ms(p.end_s)] for p in spoken.phonemes] if spoken else [],
        "track": ensemble.tracks[0].to_json(),
        "tracks": [track.to_json() for track in ensemble.tracks[1:]],
        "lips_parted": ensemble.rigs[0].geometry.mouth_open,
        "warnings": list(subject.warnings),
        "metadata": metadata | ({} if speech else {"source_pose": pose}),
    }


def _ms(seconds: float) -> float:
    return round(float(seconds), 3)
