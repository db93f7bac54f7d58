"""The sample of the vendor's page, to the letter."""

import json
from pathlib import Path

import httpx

from tests.management.office import Office
from tests.management.vendors.tencent.signing import Tencent, signed
from xmlcurl.store.tables import tenants

SAMPLES = Path(__file__).parents[3] / "samples" / "vendors" / "tencent"


async def test_the_sample_of_create_extension(office: Office, api: httpx.AsyncClient) -> None:
    """Taken as it is, with the "common request parameters" that the page leaves out; answered in the same shape."""
    head, body = (SAMPLES / "create-extension.http").read_bytes().split(b"\n\n", 1)
    method, *lines = head.decode().splitlines()
    headers = dict(line.split(": ") for line in lines)
    (tenant_id,) = [row["id"] for row in await office.rows(tenants)]
    tencent = Tencent(office, *await office.add_key("tencent", tenant_id, sdk_app_id=140_000_000))
    proof = signed(tencent.secret_id, tencent.secret, headers["X-TC-Action"], body, host=headers["Host"])

    answer = await tencent.http.request(method.split()[0], method.split()[1], content=body, headers=proof | headers)

    sample = json.loads((SAMPLES / "create-extension.json").read_text())
    assert answer.json().keys() == sample.keys()
    assert {name: type(value) for name, value in answer.json()["Response"].items()} == {"RequestId": str}
    assert sample["Response"].keys() == {"RequestId"}
    created = (await api.get("/extensions/1001")).json()["data"]
    assert created["display_name"] == "Extension 1"
