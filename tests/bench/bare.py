"""The least a build tool in Python can do that decides by content: `python bare.py MANIFEST`, in the workspace.

Reads and hashes every input, stats every output, compares with a JSON manifest. The bench measures didgen by it.
"""

import hashlib
import json
import os
import sys


def main() -> None:
    with open(sys.argv[1], "rb") as file:
        manifest = json.load(file)
    changed = 0
    for name, digest in manifest["inputs"].items():
        with open(name, "rb") as file:
            if hashlib.sha256(file.read()).hexdigest() != digest:
                changed += 1
    for name, (size, mtime_ns) in manifest["outputs"].items():
        found = os.stat(name)
        if found.st_size != size or found.st_mtime_ns != mtime_ns:
            changed += 1
    print(f"{changed} changed")


main()
