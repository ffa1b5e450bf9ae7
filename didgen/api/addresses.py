"""Which addresses a link may lead to: public ones. What a project's author writes must not reach into our network."""

from __future__ import annotations

import ipaddress

_CLOSED = tuple(
    ipaddress.ip_network(block)
    for block in (
        "0.0.0.0/8",
        "100.64.0.0/10",  # carriers' own
        "192.0.0.0/24",
        "192.88.99.0/24",  # 6to4 relays
        "168.63.129.16/32",  # Azure's metadata, in a public block
        "::/96",  # IPv4-compatible, with :: and ::1
        "64:ff9b::/96",  # NAT64: leads to any IPv4 address
        "64:ff9b:1::/48",
        "100::/64",
        "2001::/32",  # Teredo
        "2002::/16",  # 6to4
        "3fff::/20",
        "5f00::/16",
        "fc00::/7",
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
    )
)
"""Besides all that the IANA registries call not global, whose list grows with the version of Python."""


def is_public(address: str) -> bool:
    """Whether an IP address, as text, is one of the public internet. False for a scope id and for what is none.

    An IPv4 address mapped into IPv6 is judged as itself; every other way of carrying one (NAT64, 6to4, Teredo) is
    closed as a whole, whatever it carries.
    """
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.scope_id is not None:
            return False
        ip = ip.ipv4_mapped or ip
    if not ip.is_global or ip.is_multicast:
        return False
    return not any(ip in block for block in _CLOSED if block.version == ip.version)
