import datetime
import ipaddress
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509 import verification

from farwire_cloud import certificates
from farwire_cloud.certificates import make_certificates

NOW = datetime.datetime.now(datetime.UTC)


def loaded(path: Path) -> x509.Certificate:
    return x509.load_pem_x509_certificate(path.read_bytes())


def test_what_is_made_verifies_against_its_own_authority(tmp_path: Path) -> None:
    make_certificates(tmp_path, ("cloud.example", "10.0.0.7"))

    builder = verification.PolicyBuilder().store(
        verification.Store([loaded(tmp_path / certificates.AUTHORITY)])
    )
    server = loaded(tmp_path / certificates.SERVER)
    builder.build_server_verifier(x509.DNSName("cloud.example")).verify(server, [])
    builder.build_server_verifier(x509.IPAddress(ipaddress.ip_address("10.0.0.7"))).verify(server, [])
    with pytest.raises(verification.VerificationError):
        builder.build_server_verifier(x509.DNSName("other.example")).verify(server, [])


def test_a_second_run_keeps_what_is_there_and_makes_what_is_missing(tmp_path: Path) -> None:
    make_certificates(tmp_path)
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}

    assert make_certificates(tmp_path) == "nothing, all are there"
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before

    (tmp_path / certificates.CLIENT).unlink()
    assert certificates.CLIENT in make_certificates(tmp_path)
    after = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert after[certificates.AUTHORITY] == before[certificates.AUTHORITY]
    assert after[certificates.SERVER] == before[certificates.SERVER]
    assert after[certificates.CLIENT] != before[certificates.CLIENT]
    loaded(tmp_path / certificates.CLIENT).verify_directly_issued_by(
        loaded(tmp_path / certificates.AUTHORITY)
    )


def test_private_keys_are_their_owners_alone(tmp_path: Path) -> None:
    make_certificates(tmp_path)

    for name in (certificates.AUTHORITY_KEY, certificates.SERVER_KEY, certificates.CLIENT_KEY):
        assert (tmp_path / name).stat().st_mode & 0o077 == 0


def test_certificates_are_valid_for_clocks_that_are_a_day_behind(tmp_path: Path) -> None:
    make_certificates(tmp_path, now=NOW)

    found = loaded(tmp_path / certificates.SERVER)
    assert found.not_valid_before_utc <= NOW - datetime.timedelta(hours=23)
    assert found.not_valid_after_utc >= NOW + datetime.timedelta(days=800)
