"""Links that lead, in one way or another, to where a server must not go. `{port}` is a canary's that listens there."""

from __future__ import annotations

from collections.abc import Iterator

LOOPBACK = (
    *("127.0.0.1", "127.0.0.2", "127.255.255.254", "127.1", "127.0.1", "0", "0.0.0.0", "0x7f.1", "0x7f.0.0.1"),
    *("0x7f000001", "2130706433", "017700000001", "0177.0.0.1", "0177.1", "127.0.0.1.", "localhost", "LOCALHOST"),
    *("localhost.", "localhost.localdomain", "ip6-localhost", "①②⑦.⓪.⓪.①", "127。0。0。1", "127%2e0%2e0%2e1"),
    *("[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::127.0.0.1]", "[::1%25lo]"),
    *(
        "[64:ff9b::7f00:1]",
        "[64:ff9b:1::7f00:1]",
        "[2002:7f00:1::]",
        "[2001:0:0:0:0:0:80ff:fffe]",
        "[::ffff:0:127.0.0.1]",
    ),
)
ELSEWHERE = (
    *(
        "169.254.169.254",
        "[fd00:ec2::254]",
        "100.100.100.200",
        "192.0.0.192",
        "168.63.129.16",
        "10.0.0.1",
        "172.16.0.1",
    ),
    *("192.168.0.1", "100.64.0.1", "198.18.0.1", "192.0.2.1", "203.0.113.1", "224.0.0.1", "239.255.255.255"),
    *("255.255.255.255", "240.0.0.1", "192.88.99.1", "0.1.2.3", "[fe80::1]", "[fec0::1]", "[ff02::1]", "[fc00::1]"),
    *("[5f00::1]", "[3fff::1]", "[100::1]", "[2001:db8::1]", "2852039166", "0xa9fea9fe", "0251.0376.0251.0376"),
    *("metadata.google.internal", "instance-data", "kubernetes.default.svc"),
)
FORMS = (
    *("http://{host}:{port}/a.jpg", "https://{host}:{port}/a.jpg", "https://{host}/a.jpg"),
    *("https://user:pw@{host}:{port}/a.jpg", "https://example.com@{host}:{port}/a.jpg"),
    "HTTPS://{host}:{port}/a.jpg#.jpg",
)
OTHERS = (
    *("file:///etc/passwd", "file://localhost/etc/passwd", "file:/etc/passwd", "FILE:///etc/hostname", "/etc/passwd"),
    *("ftp://127.0.0.1:{port}/a.jpg", "gopher://127.0.0.1:{port}/_GET", "dict://127.0.0.1:{port}/info"),
    *("data:image/png;base64,AAAA", "jar:http://127.0.0.1:{port}!/", "s3://bucket/a.jpg", "ws://127.0.0.1:{port}/"),
    *("concat:/etc/passwd", "subfile,,start,0,end,9,,:/etc/passwd", "tcp://127.0.0.1:{port}", "rtmp://127.0.0.1/a"),
    *("unix:///var/run/docker.sock", "http+unix://%2Fvar%2Frun%2Fdocker.sock/a", "https://", "https:///a.jpg"),
    *("http://127.0.0.1/a.jpg", "//127.0.0.1:{port}/a.jpg", "https:/127.0.0.1:{port}/a.jpg"),
    *("https://:{port}/", "https://example.com:{port}/a.jpg", "https://example.com:22/a.jpg", "https://[::1"),
    *("https://127.0.0.1:{port}\\@example.com/a.jpg", "https://example.com\\@127.0.0.1:{port}/a.jpg"),
    *("https://\x00/a.jpg", "https://a b/a.jpg", "https://example.com\r\nHost: 127.0.0.1/a.jpg"),
    *("\thttps://127.0.0.1:{port}/a.jpg", " https://127.0.0.1:{port}/", "https://" + "a" * 2100),
    *("https://rebind.example/a.jpg", "https://mixed.example/a.jpg", "https://mapped.example/a.jpg"),
)
"""The names under .example are answered by the tests' resolver: see `ANSWERS`."""

ANSWERS = {
    "rebind.example": [["203.0.113.9"], ["127.0.0.1"]],
    "mixed.example": [["93.184.215.14", "127.0.0.1"]],
    "mapped.example": [["::ffff:127.0.0.1"]],
}
"""What a hostile resolver says, the first time and from then on."""


def links(port: int) -> Iterator[str]:
    """Every form, over 250 of them."""
    for number, host in enumerate((*LOOPBACK, *ELSEWHERE)):
        forms = FORMS if number < len(LOOPBACK) else FORMS[1:3]
        yield from (form.format(host=host, port=port) for form in forms)
    yield from (other.replace("{port}", str(port)) for other in OTHERS)
