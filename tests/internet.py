"""An internet of our own: public names and addresses whose servers are sockets on loopback.

Only the cables differ from the real one. Names are looked up in a table and connections to a public address end at a
socket here; every rule about URLs and addresses is the product's. A connection to any address that nobody wired,
private ones above all, ends at the canary, whose hits are counted.
"""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

import httpcore

from maquette.adapters.outbound.fetcher import HttpxFetcher
from maquette.testing import ManualClock

HOSTS = {
    "photos.example": "93.184.215.14",
    "cdn.example": "93.184.215.15",
    "six.example": "2606:2800:21f:cb07:6820:80da:af6b:8b2c",
    "xn--bcher-kva.example": "93.184.215.16",
}


@dataclass
class Request:
    """What a server here was asked."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    local: str
    server_name: str | None = None


Handler = Callable[[socket.socket, Request], None]


class Server:
    """A listening socket whose connections are handled by a thread each. With ``tls`` it speaks TLS."""

    def __init__(self, answer: Handler, tls: ssl.SSLContext | None = None) -> None:
        self.requests: list[Request] = []
        self.connections = 0
        self._answer = answer
        self._tls = tls
        self._names: list[str | None] = []
        if tls is not None:
            tls.sni_callback = lambda _socket, name, _context: self._names.append(name)
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._open: list[socket.socket] = []
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                self.connections += 1
                self._open.append(connection)
                thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError, ValueError), contextlib.ExitStack() as stack:
            stack.enter_context(connection)
            if self._tls is not None:
                connection = stack.enter_context(self._tls.wrap_socket(connection, server_side=True))
            request = _read(connection)
            request.server_name = self._names[-1] if self._names else None
            self.requests.append(request)
            self._answer(connection, request)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join(5)


def _read(connection: socket.socket) -> Request:
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            raise ValueError("hung up")
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.decode("latin-1").split("\r\n")
    method, path, _ = lines[0].split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines[1:])}
    while len(body) < int(headers.get("content-length", "0")):
        body += connection.recv(65536)
    return Request(method, path, headers, body, connection.getsockname()[0])


def reply(body: bytes = b"", status: str = "200 OK", **headers: str) -> Handler:
    """An answer that is always the same. ``content_type="x"`` becomes the header ``content-type: x``."""
    given = {"content-length": str(len(body))} | {name.replace("_", "-"): value for name, value in headers.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in given.items())
    return lambda connection, _: connection.sendall(f"HTTP/1.1 {status}\r\n{lines}\r\n".encode("latin-1") + body)


def redirect(location: str, status: str = "302 Found") -> Handler:
    return reply(b"moved", status, location=location)


@dataclass
class Internet:
    """Names, wires and servers. ``names`` may hold a list of answers, which are given one after the other."""

    names: dict[str, Any] = field(default_factory=lambda: dict(HOSTS))
    wires: dict[tuple[str, int], int] = field(default_factory=dict)
    dialled: list[tuple[str, int]] = field(default_factory=list)
    lookups: list[str] = field(default_factory=list)
    servers: list[Server] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.canary = self.serve(reply(b"SECRET OF THE CANARY", content_type="text/plain"))

    def serve(self, answer: Handler, *places: str, tls: ssl.SSLContext | None = None) -> Server:
        """A server that answers at ``places`` such as ``photos.example:80``."""
        server = Server(answer, tls)
        self.servers.append(server)
        for place in places:
            host, _, port = place.rpartition(":")
            self.wires[(HOSTS.get(host, host), int(port))] = server.port
        return server

    def fetcher(self, **more: Any) -> HttpxFetcher:
        return HttpxFetcher(ManualClock(), "0.test", resolver=self, network=Cables(self), **more)

    async def addresses(self, host: str, port: int) -> Sequence[str]:
        """Implements ``Resolver``: the table, else what the system makes of numbers and of its own names."""
        self.lookups.append(host)
        found = self.names.get(host)
        if isinstance(found, list):
            return found.pop(0) if len(found) > 1 else found[0]
        if found is not None:
            return [found] if isinstance(found, str) else found
        numeric = 0 if host.startswith("localhost") else socket.AI_NUMERICHOST
        entries = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=numeric)
        return [str(entry[4][0]) for entry in entries]

    def close(self) -> None:
        for server in self.servers:
            server.close()


class Cables(httpcore.AsyncNetworkBackend):
    """Connects addresses as they are wired, and all others with the canary."""

    def __init__(self, internet: Internet) -> None:
        self._internet = internet
        self._real = httpcore.AnyIOBackend()

    async def connect_tcp(self, host: str, port: int, *more: Any, **options: Any) -> httpcore.AsyncNetworkStream:
        ip_address(host)  # whoever dials a name leaves it to the system to look it up again
        self._internet.dialled.append((host, port))
        wired = self._internet.wires.get((host, port), self._internet.canary.port)
        if wired == 0:
            raise httpcore.ConnectError("nobody answers")
        return await self._real.connect_tcp("127.0.0.1", wired, *more, **options)


@contextlib.contextmanager
def opened(**more: Any) -> Iterator[Internet]:
    internet = Internet(**more)
    try:
        yield internet
    finally:
        internet.close()


@dataclass(frozen=True)
class Authority:
    """A certificate authority for tests. ``trusting`` is a client's context, ``context`` a server's."""

    key: Any
    certificate: Any
    folder: Path

    @classmethod
    def make(cls, folder: Path) -> "Authority":
        from cryptography.hazmat.primitives.asymmetric import ec

        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _certificate("an authority of tests", key, None, None, [])
        (folder / "authority.pem").write_bytes(_pem(certificate))
        return cls(key, certificate, folder)

    def trusting(self) -> ssl.SSLContext:
        return ssl.create_default_context(cafile=self.folder / "authority.pem")

    def context(self, *names: str) -> ssl.SSLContext:
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

        key = ec.generate_private_key(ec.SECP256R1())
        certificate = _certificate(names[0], key, self.certificate, self.key, list(names))
        path = self.folder / f"{names[0]}.pem"
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        path.write_bytes(private + _pem(certificate))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context


def _pem(certificate: Any) -> bytes:
    from cryptography.hazmat.primitives.serialization import Encoding

    return certificate.public_bytes(Encoding.PEM)


def _certificate(name: str, key: Any, issuer: Any, signer: Any, names: list[str]) -> Any:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes

    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
    )
    signing = signer or key
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    builder = builder.add_extension(identifier, critical=False).add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False
    )
    if issuer is None:
        usage = x509.KeyUsage(True, False, False, False, False, True, True, False, False)
        builder = builder.add_extension(usage, critical=True)
    else:
        builder = builder.add_extension(x509.SubjectAlternativeName([x509.DNSName(n) for n in names]), critical=False)
    return builder.sign(signing, hashes.SHA256())
