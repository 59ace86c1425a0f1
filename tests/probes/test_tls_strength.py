"""Keys and signatures in bits of security, on certificates made for it."""

import subprocess
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519

from conformance.reading import NotMeasured
from fixtures import tls_strength
from fixtures.tls import parse
from fixtures.tls_strength import key_bits, weakest_key, weakest_signature
from tests.probes.issuing import Issued, issue, rsa_key
from tests.probes.support import body, target

ROOT = issue("Root", ca=True)
WEAK_ROOT = issue("Weak root", ca=True, key=rsa_key(1024))


@pytest.fixture(scope="module")
def forgeable(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    """A certificate signed over SHA-1 by itself, which only the command still makes."""
    key = tmp_path_factory.mktemp("sha1") / "key.pem"
    words = "openssl req -x509 -newkey rsa:2048 -nodes -sha1 -days 9 -subj /CN=a -keyout"
    return subprocess.run([*words.split(), key], capture_output=True, timeout=60, check=True).stdout


@pytest.mark.parametrize(
    ("key", "bits"),
    [
        (rsa_key(1024), 80), (rsa_key(2048), 112), (rsa_key(3072), 128), (ec.generate_private_key(ec.SECP256R1()), 128),
        (ec.generate_private_key(ec.SECP384R1()), 192), (ed25519.Ed25519PrivateKey.generate(), 128),
        (ed448.Ed448PrivateKey.generate(), 224),
    ],
)  # fmt: skip
def test_strength_of_a_key(key: Any, bits: int) -> None:
    assert key_bits(key.public_key()) == bits


def test_key_of_an_unknown_kind_has_no_strength() -> None:
    assert key_bits(object()) is None


def test_weakest_key_of_the_chain_counts() -> None:
    leaf = issue("leaf", WEAK_ROOT)
    assert weakest_key((leaf.certificate,))[0] == 128
    bits, text = weakest_key((leaf.certificate, WEAK_ROOT.certificate))
    assert bits == 80
    assert "CN=Weak root: RSA 1024, 80 bits" in text


@pytest.mark.parametrize(
    ("issued", "bits"),
    [
        (issue("a", ROOT), 128), (issue("a", ROOT, digest=hashes.SHA384()), 192),
        (issue("a", ROOT, digest=hashes.SHA224()), 112),
    ],
)  # fmt: skip
def test_strength_of_a_signature(issued: Issued, bits: int) -> None:
    assert weakest_signature((issued.certificate,))[0] == bits


def test_signature_of_an_authority_on_itself_is_relied_on_by_nobody(forgeable: bytes) -> None:
    leaf, root = issue("leaf", ROOT).certificate, parse(forgeable, "x").chain[0]
    assert weakest_signature((leaf, root))[0] == 128
    assert weakest_signature((root,))[0] == 61, "alone it is what clients are shown"


def test_md5_is_the_weakest_of_all() -> None:
    class Old:
        signature_hash_algorithm = hashes.MD5()

    assert tls_strength.signature_bits(Old()) == 18


def test_readings(forgeable: bytes) -> None:
    found = {"web": parse(forgeable, "web:443"), "gone": NotMeasured("gone")}
    where = target(certificates={"web": {"endpoint": "web:443", "service": "nginx"}})
    key = body(tls_strength.certificate_key_strength)(found, "web", where)
    signature = body(tls_strength.certificate_signature_strength)(found, "web", where)
    assert (key.value, key.unit, key.parts) == (112, "bits", ("nginx",))
    assert (signature.value, signature.excerpt) == (61, "CN=a: sha1WithRSAEncryption, 61 bits")
    with pytest.raises(NotMeasured, match="gone"):
        body(tls_strength.certificate_key_strength)(found, "gone", where)


def test_algorithm_that_is_not_known_is_no_data() -> None:
    assert tls_strength._weakest([(128, "a"), (None, "b")]) == (None, "a, 128 bits\nb, unknown")
