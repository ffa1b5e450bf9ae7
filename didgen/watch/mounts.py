"""Which file systems tell nobody what changed on them: what others write there has to be looked for."""

from __future__ import annotations

import os
from collections.abc import Iterable

SILENT = frozenset(
    "9p afs ceph cifs drvfs fakeowner glusterfs lustre nfs nfs4 prl_fs smb3 smbfs vboxsf virtiofs vmhgfs".split()
)
"""Network disks and the shared folders of virtual machines, as /proc/self/mountinfo calls them."""


def silent(folders: Iterable[str], mountinfo: str) -> str:
    """The kind of the first file system of these folders that sends no events, "" when all of them do.

    mountinfo: the text of /proc/self/mountinfo, see proc(5); "" where there is none.
    """
    mounts = sorted(_mounts(mountinfo), key=lambda mount: len(mount[0]))
    for folder in sorted(folders):
        kind = ""
        for point, sort in mounts:  # the last of the longest that holds it is the one on top
            if os.path.join(folder, "").startswith(os.path.join(point, "")):
                kind = sort
        if kind in SILENT or (kind.startswith("fuse.") and kind != "fuse.lxcfs"):
            return kind
    return ""


def read_mountinfo() -> str:
    """What is mounted, in the kernel's words; "" where nobody tells."""
    try:
        with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
            return file.read()
    except OSError:
        return ""


def _mounts(mountinfo: str) -> Iterable[tuple[str, str]]:
    """Mount point and kind of each line: `36 35 98:0 / /mnt rw,noatime master:1 - ext3 /dev/root rw`."""
    for line in mountinfo.splitlines():
        head, found, tail = line.partition(" - ")
        fields = head.split(" ")
        if found and len(fields) > 4:
            yield _plain(fields[4]), tail.split(" ")[0]


def _plain(path: str) -> str:
    """A path whose blanks and backslashes are written as three octal digits."""
    for octal, sign in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        path = path.replace(octal, sign)
    return path
