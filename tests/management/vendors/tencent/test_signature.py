"""What a signature proves, and when it is believed; compared with the vendor's page and its SDK."""

import re
from typing import Any, Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tencentcloud.ccc.v20200210.ccc_client import CccClient
from tencentcloud.common.credential import Credential
from tencentcloud.common.http.request import RequestInternal
from tencentcloud.common.profile.client_profile import ClientProfile
from tencentcloud.common.profile.http_profile import HttpProfile

from management.errors import Invalid
from management.vendors.tencent.errors import AuthorizationMalformed, SignatureExpired
from management.vendors.tencent.signature import BELIEVED_SECONDS, Claim, signature

NOW: Final = 1_551_113_065
SECRET: Final = "Gu5t9xGARNpq86cd98joQYCN3EXAMPLE"
PROOF: Final = "a" * 64
AUTHORIZATION: Final = (
    f"TC3-HMAC-SHA256 Credential=AKID1/2019-02-25/ccc/tc3_request, SignedHeaders=content-type;host, Signature={PROOF}"
)
HEADERS: Final[dict[str, list[str]]] = {
    "authorization": [AUTHORIZATION],
    "x-tc-timestamp": [str(NOW)],
    "content-type": ["application/json"],
    "host": ["ccc.tencentcloudapi.com"],
}


def claimed(headers: dict[str, list[str]], now: float = NOW) -> Claim:
    return Claim.of(lambda name: headers.get(name, []), now)


def test_the_example_of_the_vendor() -> None:
    """To the letter.

    Source: https://www.tencentcloud.com/document/product/267/37447, "Signature v3".
    """
    body = rb'{"Limit": 1, "Filters": [{"Values": ["\u672a\u547d\u540d"], "Name": "instance-name"}]}'
    headers = [("content-type", "application/json; charset=utf-8"), ("host", "cvm.tencentcloudapi.com")]

    proof = signature(SECRET, str(NOW), "2019-02-25", headers, body, service="cvm")

    assert proof == "72e494ea809ad7a8c8f7a4507b9bddcbaa8e581f516e8da2f66e2c5a96525168"


@given(
    secret=st.from_regex(r"[A-Za-z0-9]{1,40}", fullmatch=True),
    host=st.from_regex(r"[A-Za-z0-9.-]{1,30}(:[0-9]{1,5})?", fullmatch=True),
    fields=st.dictionaries(st.text(max_size=8), st.text(max_size=8) | st.integers() | st.lists(st.integers())),
)
def test_what_the_sdk_signs_is_proven(secret: str, host: str, fields: dict[str, Any]) -> None:
    """Whatever the body, the key and the host; with another key, another body or another host it is not."""
    profile = ClientProfile(httpProfile=HttpProfile(endpoint=host))
    client = CccClient(Credential("AKID1", secret), "", profile)
    request = RequestInternal(host, "POST", "/", header={})
    client._build_req_inter("DescribeExtensions", fields, request)
    headers = {name.lower(): [value] for name, value in request.header.items()}
    body = request.data.encode()

    claim = claimed(headers, float(request.header["X-TC-Timestamp"]))

    assert claim.is_proven(secret, body)
    assert not claim.is_proven(f"{secret}x", body)
    assert not claim.is_proven(secret, body + b" ")
    assert not claimed(headers | {"host": [f"{host}x"]}, float(claim.timestamp)).is_proven(secret, body)


def test_values_in_lower_case_are_proven_too() -> None:
    """The vendor's page signs them so, whatever is sent."""
    signed = [("content-type", "application/json"), ("host", "api.test"), ("x-tc-action", "describeextensions")]
    proof = signature(SECRET, str(NOW), "2019-02-25", signed, b"{}")
    authorization = AUTHORIZATION.replace(PROOF, proof).replace("host,", "host;x-tc-action,")
    sent = HEADERS | {
        "authorization": [authorization],
        "content-type": ["Application/JSON"],
        "host": ["API.test"],
        "x-tc-action": ["DescribeExtensions"],
    }

    assert claimed(sent).is_proven(SECRET, b"{}")
    assert not claimed(sent | {"x-tc-action": ["DeleteExtension"]}).is_proven(SECRET, b"{}")


@pytest.mark.parametrize("apart", [-BELIEVED_SECONDS, 0, BELIEVED_SECONDS])
def test_five_minutes_are_believed(apart: int) -> None:
    """On both sides, the last second included."""
    assert claimed(HEADERS, NOW + apart).secret_id == "AKID1"


@pytest.mark.parametrize("apart", [-BELIEVED_SECONDS - 0.001, BELIEVED_SECONDS + 0.001, 86_400])
def test_more_is_not_believed(apart: float) -> None:
    """Neither old ones nor those from the future."""
    with pytest.raises(SignatureExpired):
        claimed(HEADERS, NOW + apart)


@pytest.mark.parametrize(
    "sent",
    [
        pytest.param({"authorization": []}, id="none"),
        pytest.param({"authorization": [AUTHORIZATION] * 2}, id="two"),
        pytest.param({"x-tc-timestamp": [str(NOW)] * 2}, id="two times"),
        pytest.param({"x-tc-timestamp": ["now"]}, id="no time"),
        pytest.param({"x-tc-timestamp": [f"+{NOW}"]}, id="a sign"),
        pytest.param({"x-tc-timestamp": ["١٥٥١١١٣٠٦٥"]}, id="other digits"),
        pytest.param({"x-tc-timestamp": ["9" * 5_000]}, id="a time without end"),
        pytest.param({"authorization": ["Bearer 1|x"]}, id="another scheme"),
        pytest.param({"authorization": ["SKIP"]}, id="what the SDK sends unsigned"),
        pytest.param({"authorization": [AUTHORIZATION.replace("02-25", "02-24")]}, id="yesterday"),
        pytest.param({"authorization": [AUTHORIZATION.replace("02-25", "02-31")]}, id="no day"),
        pytest.param({"authorization": [AUTHORIZATION.replace("/ccc/", "/cvm/")]}, id="another service"),
        pytest.param({"authorization": [AUTHORIZATION.replace("a" * 64, "A" * 64)]}, id="no signature"),
        pytest.param({"authorization": [AUTHORIZATION + "\n"]}, id="a line feed behind it"),
        pytest.param({"authorization": [AUTHORIZATION.replace("content-type;", "")]}, id="the type is not signed"),
        pytest.param({"authorization": [AUTHORIZATION.replace(";host", "")]}, id="the host is not signed"),
        pytest.param({"authorization": [AUTHORIZATION.replace(";host", ";host;x-no")]}, id="what was not sent"),
        pytest.param({"authorization": [AUTHORIZATION.replace(";host", ";host;host")]}, id="one twice"),
        pytest.param(
            {"authorization": [AUTHORIZATION.replace("content-type;host", "host;content-type")]}, id="not in order"
        ),
        pytest.param({"host": ["a", "b"]}, id="two hosts"),
        pytest.param({"content-type": []}, id="no type"),
    ],
)
def test_what_is_not_understood_is_refused(sent: dict[str, list[str]]) -> None:
    """Before anybody is asked for a key."""
    with pytest.raises(AuthorizationMalformed):
        claimed(HEADERS | sent)


def test_a_missing_time_is_named() -> None:
    """As the parameter that it is."""
    with pytest.raises(Invalid, match=re.escape("X-TC-Timestamp: required")):
        claimed(HEADERS | {"x-tc-timestamp": []})


def test_a_signature_is_not_shown() -> None:
    """In no log: it could be used again."""
    assert PROOF not in repr(claimed(HEADERS))
