"""Certificates for the mutual TLS between bridges and the cloud: a CA of one's own, a server's, clients'.

ECDSA on P-256 with SHA-256; profile of RFC 5280 §4.2 (basicConstraints, keyUsage, extendedKeyUsage, subject
alternative names, key identifiers).
"""

import datetime
import ipaddress
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY, AUTHORITY_KEY = "ca.pem", "ca.key"
SERVER, SERVER_KEY = "cloud.pem", "cloud.key"
CLIENT, CLIENT_KEY = "bridge.pem", "bridge.key"

AUTHORITY_DAYS = 3650
LEAF_DAYS = 825  # the longest that common TLS stacks accept
SKEW = datetime.timedelta(days=1)  # valid from yesterday, for clocks that are behind


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate and its private key."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def certificate_pem(self) -> bytes:
        """The certificate as PEM."""
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def key_pem(self) -> bytes:
        """The private key as PEM, PKCS #8, unencrypted."""
        return self.key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )


def make_authority(name: str, now: datetime.datetime) -> Issued:
    """Return a new CA, valid for AUTHORITY_DAYS from `now` (UTC)."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    usage = _usage(digital_signature=False, signs=True)
    builder = (
        _builder(subject, subject, key.public_key(), now, AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
    )
    return Issued(builder.sign(key, hashes.SHA256()), key)


def issue(
    authority: Issued, name: str, now: datetime.datetime, *, hosts: Sequence[str] = (), server: bool = False
) -> Issued:
    """Return a certificate that `authority` signed: a server's for `hosts`, or a client's named `name`."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    purpose = ExtendedKeyUsageOID.SERVER_AUTH if server else ExtendedKeyUsageOID.CLIENT_AUTH
    issuer_key = authority.key.public_key()
    builder = (
        _builder(subject, authority.certificate.subject, key.public_key(), now, LEAF_DAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(digital_signature=True, signs=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key), critical=False)
    )
    if hosts:
        names = x509.SubjectAlternativeName([_host(host) for host in hosts])
        builder = builder.add_extension(names, critical=False)
    return Issued(builder.sign(authority.key, hashes.SHA256()), key)


def make_certificates(
    folder: Path, hosts: Sequence[str] = ("localhost", "127.0.0.1"), now: datetime.datetime | None = None
) -> str:
    """Fill `folder` with a CA, the cloud's certificate for `hosts` and a bridge's; return what was made.

    Keys are readable by their owner alone. What exists is kept, so that bridges keep their trust.
    """
    at = now or datetime.datetime.now(datetime.UTC)
    folder.mkdir(parents=True, exist_ok=True)
    if (folder / SERVER).exists() and (folder / CLIENT).exists():
        return "nothing, all are there"
    if (folder / AUTHORITY_KEY).exists():
        authority = _loaded(folder / AUTHORITY, folder / AUTHORITY_KEY)
    else:
        authority = make_authority("Farwire CA", at)
        _write(folder, AUTHORITY, AUTHORITY_KEY, authority)
    made = []
    for certificate, key, name, is_server in (
        (SERVER, SERVER_KEY, "farwire-cloud", True),
        (CLIENT, CLIENT_KEY, "farwire-bridge", False),
    ):
        if not (folder / certificate).exists():
            names = hosts if is_server else ()
            _write(folder, certificate, key, issue(authority, name, at, hosts=names, server=is_server))
            made.append(certificate)
    return ", ".join((AUTHORITY, *made))


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime.datetime, days: int
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - SKEW)
        .not_valid_after(now + datetime.timedelta(days=days))
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, digital_signature: bool, signs: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        key_cert_sign=signs,
        crl_sign=signs,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _loaded(certificate: Path, key: Path) -> Issued:
    private = serialization.load_pem_private_key(key.read_bytes(), password=None)
    if not isinstance(private, ec.EllipticCurvePrivateKey):
        raise ValueError(f"{key} is not an elliptic curve key")  # noqa: TRY004  (a wrong file, not a wrong type)
    return Issued(x509.load_pem_x509_certificate(certificate.read_bytes()), private)


def _write(folder: Path, certificate: str, key: str, issued: Issued) -> None:
    descriptor = os.open(folder / key, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(issued.key_pem)
    (folder / certificate).write_bytes(issued.certificate_pem)
