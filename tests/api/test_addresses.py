"""Which addresses links may lead to, and what a file is by its first bytes."""

from __future__ import annotations

import pytest

from didgen.api.addresses import is_public
from didgen.media.sniff import HEAD_BYTES, suffix_of

PUBLIC = "8.8.8.8 1.1.1.1 93.184.215.14 172.32.0.1 192.0.1.1 198.17.255.255 223.255.255.255 2606:4700:4700::1111"
PUBLIC += " 2a00:1450:4001:80b::200e ::ffff:8.8.8.8 169.253.255.255 100.63.255.255 100.128.0.0 168.63.129.15"

CLOSED = """
0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.255 127.0.0.1 127.255.255.254 169.254.169.254
172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.9 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.19.255.255 198.51.100.7
203.0.113.9 224.0.0.1 239.255.255.255 240.0.0.1 255.255.255.255 168.63.129.16
:: ::1 ::8.8.8.8 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::ffff:168.63.129.16 ::ffff:100.64.0.1
64:ff9b::8.8.8.8 64:ff9b::7f00:1 64:ff9b:1::1 100::1 2001::1 2001:db8::1 2001:10::1 2002:7f00:1:: 2002:808:808::1
3fff::1 5f00::1 fc00::1 fd00:ec2::254 fe80::1 fe80::1%eth0 2606:4700::1111%1 febf::1 fec0::1 feff::1 ff02::1 ff0e::1
"""

WORDS = ("", "localhost", "127.1", "0x7f000001", "2130706433", "017700000001", "8.8.8.8:80", "[::1]", " 8.8.8.8")


@pytest.mark.parametrize("address", PUBLIC.split())
def test_public_addresses(address: str) -> None:
    """Those of the internet, also at the very edges of blocks that are not."""
    assert is_public(address)


@pytest.mark.parametrize("address", [*CLOSED.split(), *WORDS])
def test_closed_addresses(address: str) -> None:
    """This machine, private and shared networks, cloud metadata, multicast, reserved, and IPv4 in every disguise."""
    assert not is_public(address)


@pytest.mark.parametrize(
    ("head", "suffix"),
    [
        (b"\xff\xd8\xff\xe0\0\x10JFIF\0", ".jpg"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", ".png"),
        (b"RIFF\x10\0\0\0WEBPVP8 ", ".webp"),
        (b"RIFF\x10\0\0\0WAVEfmt ", ".wav"),
        (b"RIFF\x10\0\0\0AVI LIST", ".avi"),
        (b"RIFF\x10\0\0\0ACONanih", ""),
        (b"ID3\x04\0\0", ".mp3"),
        (b"\xff\xfb\x90\x64", ".mp3"),
        (b"\xff\xf3\x40\xc4", ".mp3"),
        (b"\xff\xf1\x50\x80", ".aac"),
        (b"OggS\0\x02", ".ogg"),
        (b"fLaC\0\0", ".flac"),
        (b"\0\0\0\x20ftypisom\0\0\0\0", ".mp4"),
        (b"\0\0\0\x20ftypM4A \0\0\0\0", ".m4a"),
        (b"\0\0\0\x14ftypqt  \0\0\0\0", ".mov"),
        (b"\0\0\0\x08wide\0\0\0\0mdat", ".mov"),
        (b"\0\0\0\x1cftypavif\0\0\0\0", ".avif"),
        (b"\0\0\0\x1cftypheic\0\0\0\0", ".heic"),
        (b"\0\0\0\x1cftypavis\0\0\0\0", ""),
        (b"<!DOCTYPE html><", ""),
        (b"#EXTM3U\nhttps://", ""),
        (b"%PDF-1.7", ""),
        (b"GIF89a", ""),
        (b"\xff", ""),
        (b"", ""),
    ],
)
def test_files_by_their_first_bytes(head: bytes, suffix: str) -> None:
    """Sixteen bytes tell a picture, a sound and a video from a page, a playlist and what is not read."""
    assert suffix == suffix_of(head[:HEAD_BYTES])
