"""Does an address lead to a shop on the public internet, or into somebody's own network?

A shop's host is typed by whoever connects it. Without this check our server could be sent to read
what only it can reach: its own services, its neighbours, a cloud's metadata.
"""

from __future__ import annotations

import ipaddress

from connectors.errors import Misconfigured


def refuse_private(address: str) -> None:
    """Refuses addresses that lead into somebody's own network rather than to a shop."""
    if not is_public(address):
        raise Misconfigured(
            f"The address leads to {address}, which is not on the public internet.",
            "If the shop really is on your own network, set ALLOW_PRIVATE_HOSTS.",
        )


_NAT64 = ipaddress.ip_network("64:ff9b::/96")  # the last 32 bits are an IPv4 address


def is_public(address: str) -> bool:
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
        if inner is not None:
            return is_public(str(inner))
    return ip.is_global and not ip.is_multicast
