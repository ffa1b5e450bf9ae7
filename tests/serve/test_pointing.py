"""The lines of the docs on pointing a client at our server, run as they are written: real curl, real HTTP."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from tests import fakes
from tests.serve.crowd import Server
from tests.serve.stand_in import KEY
from tests.test_docs import section


@pytest.mark.skipif(shutil.which("curl") is None, reason="the lines call curl, which this machine does not have")
def test_the_curl_lines_of_the_docs_do_what_they_say(tmp_path: Path) -> None:
    """All forms of the key, a slash too many, strings for booleans, an outdated key: a video, listed and deleted."""
    text = section("docs/serve.md", "Pointing a client at it")
    lines = "".join(part.partition("```")[0] for part in text.split("```sh\n")[1:])
    assert 8 < lines.count("curl ")
    (tmp_path / "portrait.jpg").write_bytes(fakes.photo())
    server = Server(tmp_path / ".didgen" / "served", slots=1)
    try:
        (server.folder / "key").write_text(KEY)
        script = "set -euo pipefail\n" + lines.replace("http://127.0.0.1:8787", server.base)
        done = subprocess.run(["bash", "-c", script], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    finally:
        server.stop()
    assert 0 == done.returncode, done.stderr
    decoder, answers, rest = json.JSONDecoder(), [], done.stdout
    while rest:
        answer, end = decoder.raw_decode(rest)
        answers.append(answer)
        rest = rest[end:].lstrip()
    *credits, page, deleted = answers
    assert 4 == len(credits)
    assert {"credits", "remaining", "total"} == set(credits[0])
    (listed,) = page["talks"]
    assert listed["id"] == deleted["id"]
    assert (True, False, 0.0) == tuple(deleted["config"][name] for name in ("stitch", "fluent", "pad_audio"))
    assert b"ftyp" == (tmp_path / "talk.mp4").read_bytes()[4:8]
