"""Does asking over HTTP end in an answer or a clear error, whatever comes back?"""

from __future__ import annotations

import socket
import socketserver
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from connectors import http
from connectors.addresses import is_public
from connectors.errors import Misconfigured, TooMuch, TryLater, Unreadable


@contextmanager
def says(*answers: bytes) -> Iterator[str]:
    """A server that reads a request, sends the next answer's bytes and hangs up."""
    left = list(answers)

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(65536)
            self.request.sendall(left.pop(0) if len(left) > 1 else left[0])

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        server.block_on_close = False
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}/wp-json/"
        server.shutdown()


def json_answer(body: bytes, length: int | None = None, status: str = "200 OK") -> bytes:
    length = len(body) if length is None else length
    head = f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {length}"
    return f"{head}\r\nConnection: close\r\n\r\n".encode() + body


def test_a_plain_answer_arrives(session: http.Session) -> None:
    with says(json_answer(b'\xef\xbb\xbf{"a": 1}')) as url:  # some plugins put a byte-order mark
        assert session.get(url, {}).data == {"a": 1}


def test_a_connection_dropped_in_mid_answer_is_tried_again(session, waits) -> None:
    with says(json_answer(b'{"a": ', length=900), json_answer(b"[2]")) as url:
        assert session.get(url, {}).data == [2]
    assert len(waits) == 1


def test_a_connection_that_always_drops_is_left_for_later(session, waits) -> None:
    with says(b"") as url, pytest.raises(TryLater, match="failed or was cut off"):
        session.get(url, {"consumer_secret": "s3cret"})
    assert len(waits) == 3
    assert waits == sorted(waits)


def test_nobody_listening_is_for_later(session: http.Session) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(TryLater):
        session.get(f"http://127.0.0.1:{port}/", {})


def test_an_endless_answer_is_cut(session: http.Session) -> None:
    body = b"[" + b"1," * 3_000_000
    with says(json_answer(body)) as url, pytest.raises(TooMuch, match="sent more than"):
        session.get(url, {})


def test_a_bomb_of_compressed_zeros_is_cut(session: http.Session) -> None:
    import gzip

    body = gzip.compress(b"0" * 20_000_000)
    answer = json_answer(body).replace(b"Connection", b"Content-Encoding: gzip\r\nConnection")
    with says(answer) as url, pytest.raises(TooMuch):
        session.get(url, {})


def test_an_answer_that_never_comes_is_too_much(waits) -> None:
    hurried = http.Session(
        allow_private=True, limits=http.Limits(read_s=0.05, tries=2), sleep=waits.append
    )
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(TooMuch, match="took too long"):
            hurried.get(url, {})
    hurried.close()


@pytest.mark.parametrize("body", [b"hello", b"\x00\x01", b"<html>", b"NaN"])
def test_what_is_not_json_is_unreadable(session: http.Session, body: bytes) -> None:
    with says(json_answer(body)) as url, pytest.raises(Unreadable):
        session.get(url, {})


def test_an_error_shows_the_place_without_query_or_credentials(session: http.Session) -> None:
    with says(json_answer(b"hello")) as url, pytest.raises(Unreadable) as error:
        session.get(url.replace("http://", "http://me:pass@"), {"consumer_secret": "s3cret"})
    assert "127.0.0.1" in str(error.value)
    for secret in ("s3cret", "pass", "me:"):
        assert secret not in str(error.value)


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("93.184.216.34", True),
        ("2606:2800:220:1::1", True),
        ("127.0.0.1", False),
        ("10.0.0.8", False),
        ("172.16.0.1", False),
        ("192.168.1.1", False),
        ("169.254.169.254", False),  # a cloud's own secrets
        ("100.64.0.1", False),
        ("0.0.0.0", False),  # noqa: S104
        ("224.0.0.1", False),
        ("::1", False),
        ("fe80::1%eth0", False),
        ("fc00::1", False),
        ("::ffff:127.0.0.1", False),
        ("64:ff9b::7f00:1", False),
        ("64:ff9b::808:808", True),
        ("2002:7f00:1::", False),
    ],
)
def test_only_public_addresses_are_public(address: str, public: bool) -> None:
    assert is_public(address) is public


def test_a_name_that_changes_its_address_after_the_check_gains_nothing(monkeypatch) -> None:
    """Looked up, it is public; connected to, it is our own machine."""
    real = socket.getaddrinfo
    port = 0

    def first_public(host, *args, **kwargs):
        if host == "rebound.example":
            monkeypatch.setattr(socket, "getaddrinfo", then_private)
            return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", port))]
        return real(host, *args, **kwargs)

    def then_private(host, *args, **kwargs):
        return real("127.0.0.1", *args, **kwargs)

    seen: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as inner:
        port = inner.getsockname()[1]

        def listen() -> None:
            connection, _ = inner.accept()
            connection.settimeout(2)
            seen.append(connection.recv(100))
            connection.close()

        thread = threading.Thread(target=listen)
        thread.start()
        monkeypatch.setattr(socket, "getaddrinfo", first_public)
        session = http.Session(allow_private=False, limits=http.Limits(read_s=3, tries=1))
        with pytest.raises(Misconfigured, match=r"leads to 127\.0\.0\.1"):
            session.get(f"http://rebound.example:{port}/", {})
        session.close()
        thread.join()
    assert seen == [b""]  # connected, and hung up before a byte of the request was sent


def test_an_unknown_host_is_named(session: http.Session, monkeypatch) -> None:
    def unknown(*args, **kwargs):
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", unknown)
    with pytest.raises(Misconfigured, match=r"no host called no\.example"):
        session.get("http://no.example/", {})


def test_a_name_server_that_is_down_is_for_later(session: http.Session, monkeypatch) -> None:
    def down(*args, **kwargs):
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", down)
    with pytest.raises(TryLater, match="cannot be looked up now"):
        session.get("http://shop.example/", {})


def test_a_certificate_nobody_vouches_for_is_named(session: http.Session, https: Https) -> None:
    with pytest.raises(Misconfigured, match=r"does not prove who it is.*CA_BUNDLE"):
        session.get(https.url, {})


def test_a_port_without_tls_is_not_taken_for_a_bad_certificate(session, shop) -> None:
    with pytest.raises(Misconfigured, match="does not speak https there"):
        session.get(shop.url.replace("http:", "https:"), {})


def test_an_authority_of_the_owners_own_is_believed(https: Https) -> None:
    session = http.Session(allow_private=True, ca_bundle=https.authority)
    assert session.get(https.url, {}).data == {"a": 1}
    contexts = session._requests.get_adapter(https.url).poolmanager.connection_pool_kw
    assert contexts["ssl_context"].verify_mode == ssl.CERT_REQUIRED
    session.close()


def test_an_authority_of_the_owners_own_vouches_for_no_other_host(https: Https) -> None:
    hurried = http.Session(allow_private=True, ca_bundle=https.authority)
    with pytest.raises(Misconfigured, match="does not prove who it is"):
        hurried.get(https.url.replace("127.0.0.1", "localhost"), {})
    hurried.close()


class Https(NamedTuple):
    url: str
    authority: Path


@pytest.fixture
def https(tmp_path: Path) -> Iterator[Https]:
    """An https server for 127.0.0.1 with a certificate of its own making."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "An owner's own authority")])
    now = datetime.now(UTC)
    host = x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(host, critical=False)
        .sign(key, hashes.SHA256())
    )
    own = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    authority, server_pem = tmp_path / "authority.pem", tmp_path / "server.pem"
    authority.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    server_pem.write_bytes(own + authority.read_bytes())
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server_pem)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(5)

        def answer() -> None:
            with suppress(OSError):  # whoever does not believe us hangs up
                plain, _ = server.accept()
                with plain, context.wrap_socket(plain, server_side=True) as secured:
                    secured.recv(65536)
                    secured.sendall(json_answer(b'{"a": 1}'))

        thread = threading.Thread(target=answer)
        thread.start()
        yield Https(f"https://127.0.0.1:{server.getsockname()[1]}/", authority)
        thread.join()
