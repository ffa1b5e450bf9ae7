"""`python generated.py FOLDER PACKAGE BASE PHOTO`, by a Python that has the generated code's packages; key in KEY.

Walks through the server with a client that openapi-python-client made: nothing of it is changed, and every answer goes
through its own parser. Names that differ from description to description are found by how they begin.
"""

from __future__ import annotations

import base64
import importlib
import inspect
import io
import os
import pkgutil
import sys
import time
import typing
from pathlib import Path
from typing import Any


def main() -> None:
    """Upload, create, poll, download, list, delete; the status of each step is printed. Exit code 1: one was wrong."""
    folder, package, base, photo = sys.argv[1:]
    sys.path.insert(0, folder)
    key = base64.b64encode(os.environ["KEY"].encode()).decode()
    call = Calls(package, base, key)
    call.expect(401, "get_credits", client=call.client_with("d3Jvbmc6a2V5"))
    call.expect(200, "get_credits")
    spoken = call.voices("microsoft")
    print("voices:", len(spoken))
    image = call.upload("upload_", "image", Path(photo), detect_faces="true")
    print("faces of the upload:", [one.overlap for one in image.faces])
    face = call.expect(200, "detect_faces|get_face_detection", {"source_url": image.url})
    print("faces:", len(face.face_crops))
    jobs = {
        "talk": {"source_url": image.url, "script": {"type": "text", "input": "Hello there."}},
        "animation": {"source_url": image.url, "driver_url": "bank://nostalgia/driver-01"},
    }
    for kind, body in jobs.items():
        made = call.expect(201, f"create_{kind}", body)
        done = wait(lambda made=made, kind=kind: call.expect(200, f"get_{kind}", id=made.id, quiet=True))
        print(f"{kind}: {done.status}", end=" ")
        video = call.client().get_httpx_client().get(done.result_url)
        print(f"{video.status_code} {len(video.content)} bytes {video.content[4:8]!r}")
        if video.status_code != 200 or video.content[4:8] != b"ftyp":
            sys.exit(1)
        listed = getattr(call.expect(200, f"get_{kind}s", limit=1), f"{kind}s")
        if [made.id] != [one.id for one in listed]:
            sys.exit(1)
        call.expect(200, f"delete_{kind}", id=made.id)
        call.expect(404, f"get_{kind}", id=made.id)
    nowhere = {"source_url": "https://127.0.0.1/a.jpg", "script": {"type": "text", "input": "Nobody."}}
    call.expect(400, "create_talk", nowhere)
    call.expect(204, "delete_image", id=image.id)
    call.expect(404, "delete_image", id=image.id)
    call.expect(200, "get_settings")
    call.expect(200, "get_logo")
    call.expect(204, "delete_logo")


def wait(ask: Any) -> Any:
    """The job once it has ended, within a minute."""
    for _ in range(300):
        job = ask()
        if job.status in ("done", "error", "rejected"):
            return job
        time.sleep(0.2)
    sys.exit("never done")


class Calls:
    """The operations of a generated package by the beginnings of their names."""

    def __init__(self, package: str, base: str, key: str) -> None:
        self._package, self._base, self._key = package, base, key
        api = importlib.import_module(f"{package}.api")
        self._modules = {
            name.rpartition(".")[2]: name
            for _, name, is_folder in pkgutil.walk_packages(api.__path__, f"{package}.api.")
            if not is_folder
        }

    def client_with(self, key: str) -> Any:
        """A client that authenticates itself as RFC 7617 has it."""
        package = importlib.import_module(self._package)
        return package.AuthenticatedClient(base_url=self._base, token=key, prefix="Basic")

    def client(self) -> Any:
        """One that knows the key."""
        return self.client_with(self._key)

    def expect(
        self, status: int, names: str, body: Any = None, *, client: Any = None, quiet: bool = False, **given: Any
    ) -> Any:
        """The parsed answer of an operation. body: a dictionary for the model that its signature names."""
        module = importlib.import_module(next(self._modules[n] for n in names.split("|") if n in self._modules))
        run = module.sync_detailed
        if body is not None:
            given["body"] = body_model(run).from_dict(body) if isinstance(body, dict) else body
        answer = run(client=client or self.client(), **given)
        if answer.status_code != status:
            sys.exit(f"{names}: {int(answer.status_code)} instead of {status}: {answer.content[:300]!r}")
        if not quiet:
            print(f"{names}: {status}")
        return answer.parsed

    def voices(self, provider: str) -> Any:
        """The voices of one provider, which may have to be given as a member of an enumeration."""
        module = importlib.import_module(self._modules["voices"])
        return self.expect(200, "voices", provider=getattr(module, "VoicesProvider", str)(provider))

    def upload(self, prefix: str, field: str, file: Path, **more: str) -> Any:
        """What the upload of a file answers."""
        (name,) = [name for name in self._modules if name.startswith(prefix) and name.endswith(f"_{field}")]
        module = importlib.import_module(self._modules[name])
        types = importlib.import_module(f"{self._package}.types")
        sent = types.File(io.BytesIO(file.read_bytes()), file.name, "image/jpeg")
        return self.expect(201, name, body_model(module.sync_detailed)(**{field: sent}, **more))


def body_model(run: Any) -> Any:
    """The class that an operation's body has; a body that may be left out is a union with nothing."""
    annotation = inspect.signature(run).parameters["body"].annotation
    return next(iter(typing.get_args(annotation)), annotation)


if __name__ == "__main__":
    main()
