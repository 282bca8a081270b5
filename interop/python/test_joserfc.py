"""joserfc, the successor of Authlib's JOSE."""

from __future__ import annotations

from typing import Any

import pytest
from joserfc import jwk, jwt
from joserfc.errors import BadSignatureError

from ours import AUDIENCE, CURVES, ISSUER, MACS, SIGNATURES, Ours, claims, tampered

# RFC 9864 calls it Ed25519; issuers don't yet.
pytestmark = pytest.mark.filterwarnings("ignore:EdDSA is deprecated")


def made(alg: str) -> Any:
    if alg in MACS:
        return jwk.OctKey.generate_key(MACS[alg] * 8, {"alg": alg})
    if alg == "EdDSA":
        return jwk.OKPKey.generate_key("Ed25519", {"alg": alg})
    if alg in CURVES:
        return jwk.ECKey.generate_key(CURVES[alg], {"alg": alg})
    return jwk.RSAKey.generate_key(2048, {"alg": alg})


@pytest.fixture(scope="module", params=[*MACS, *SIGNATURES])
def case(request: pytest.FixtureRequest) -> tuple[str, Any]:
    return request.param, made(request.param)


def test_their_token_verifies_here(ours: Ours, case: tuple[str, Any]) -> None:
    alg, key = case
    sent = claims()
    token = jwt.encode({"alg": alg}, sent, key, algorithms=[alg])
    public = key.as_dict(private=alg in MACS)
    assert ours.verify(token=token, keys=public, alg=alg) == sent
    assert ours.refuse(token=tampered(token), keys=public, alg=alg) == "bad-signature"
    if alg not in MACS:
        pem = key.as_pem(private=False).decode()
        assert ours.verify(token=token, keys=pem, alg=alg) == sent


def test_our_token_verifies_there(ours: Ours, case: tuple[str, Any]) -> None:
    alg, key = case
    forms = [key.as_dict(private=True)]
    if alg not in MACS:
        forms.append(key.as_pem(private=True).decode())
    for private in forms:
        sent = claims()
        token = ours.sign(key=private, alg=alg, claims=sent)
        decoded = jwt.decode(token, key, algorithms=[alg])
        assert decoded.claims == sent
        expected = jwt.JWTClaimsRegistry(
            iss={"essential": True, "value": ISSUER},
            aud={"essential": True, "value": AUDIENCE},
        )
        expected.validate(decoded.claims)
        with pytest.raises(BadSignatureError):
            jwt.decode(tampered(token), key, algorithms=[alg])


def test_thumbprints_are_equal(ours: Ours, case: tuple[str, Any]) -> None:
    alg, key = case
    if alg in MACS:
        answer = ours.ask(do="thumbprint", key=key.as_dict(private=True))
        assert answer == {"error": "this kind of key is not supported"}
        return
    assert ours.thumbprint(key.as_dict(private=True)) == key.thumbprint()
    assert ours.thumbprint(key.as_dict(private=False)) == key.thumbprint()
