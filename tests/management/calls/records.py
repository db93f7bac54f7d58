"""Call records as FreeSWITCH v1.10.12 makes them, shortened to what we read and what we must not keep."""

import itertools
import json
from typing import Any

BEGAN_US = 1_795_350_107_276_265
"""2026-11-22 12:21:47, in microseconds."""

SECRETS = {"sip_auth_response": "0123abcd-digest", "switch_r_sdp": "v=0 sdp-of-the-phone", "digits_dialed": "4711"}
"""Variables of a call that are nobody's business."""

_SERIAL = itertools.count(1)


def new_uuid() -> str:
    return f"05f932e3-ea95-4474-8b0a-{next(_SERIAL):012x}"


def profile(destination: str, context: str, *, caller: str = "1001", **more: Any) -> dict[str, Any]:
    """One routing of a call; `callflow` has them, the latest first."""
    said = {"destination_number": destination, "context": context, "caller_id_number": caller}
    return {"caller_profile": {**said, "caller_id_name": f"Name of {caller}", **more}}


def originatee(uuid: str, destination: str, *, on_profile: str = "internal") -> dict[str, Any]:
    """The leg that was called."""
    channel = f"sofia/{on_profile}/{destination}@pbx.test"
    leg = {"uuid": uuid, "destination_number": destination, "chan_name": channel}
    return {"originatee": {"originatee_caller_profiles": [leg]}}


def bridge(*legs: str) -> dict[str, Any]:
    return {"applications": [{"app_name": "bridge", "app_data": leg, "app_stamp": "1"} for leg in legs]}


def record(uuid: str | None = None, **changes: Any) -> dict[str, Any]:
    """1001 of pbx.test called 1002, who answered after 1 second, and talked for 8.

    `variables` in the changes are put into the others; None takes one out. All else replaces what is there.
    """
    uuid = uuid or new_uuid()
    peer = uuid.replace("05f932e3", "10e48fe5")
    variables = {
        "uuid": uuid,
        "user_name": "1001",
        "domain_name": "pbx.test",
        "sip_authorized": "true",
        "sip_from_user": "0000",
        "start_uepoch": str(BEGAN_US),
        "answer_uepoch": str(BEGAN_US + 1_000_000),
        "end_uepoch": str(BEGAN_US + 9_000_000),
        "duration": "9",
        "billsec": "8",
        "hangup_cause": "NORMAL_CLEARING",
        "bridge_channel": "sofia/internal/1002@127.0.0.1:41174",
        "last_bridge_to": peer,
        **SECRETS,
        **changes.pop("variables", {}),
    }
    return {
        "core-uuid": "19484614-9cd7-40ba-af90-9fc495625376",
        "switchname": "first",
        "variables": {name: value for name, value in variables.items() if value is not None},
        "app_log": bridge("user/1002@pbx.test"),
        "callflow": [profile("1002", "pbx.test", **originatee(peer, "1002"))],
        **changes,
    }


NOT_SIGNED_IN = {"user_name": None, "domain_name": None, "sip_authorized": None}
NOT_ANSWERED = {"answer_uepoch": "0", "billsec": "0", "last_bridge_to": None, "hangup_cause": "NO_ANSWER"}


def from_outside(uuid: str | None = None, **changes: Any) -> dict[str, Any]:
    """A carrier's call to a number of pbx.test, which goes to 1002."""
    uuid = uuid or new_uuid()
    peer = uuid.replace("05f932e3", "10e48fe5")
    given = {**NOT_SIGNED_IN, "force_transfer_context": "pbx.test", "sip_gateway": "g1", **changes.pop("variables", {})}
    flow = [
        profile("1002", "pbx.test", caller="+84901234567", **originatee(peer, "1002")),
        profile("842812345678", "public", caller="+84901234567"),
    ]
    return record(uuid, **{"variables": given, "callflow": flow, **changes})


def to_outside(uuid: str | None = None, **changes: Any) -> dict[str, Any]:
    """1001 of pbx.test called a number outside; the first gateway failed."""
    uuid = uuid or new_uuid()
    peer = uuid.replace("05f932e3", "10e48fe5")
    said = {
        "variables": {"bridge_channel": "sofia/external/84901234567@192.0.2.1"},
        "app_log": bridge("sofia/gateway/g2/84901234567", "sofia/gateway/g1/84901234567"),
        "callflow": [profile("0901234567", "pbx.test", **originatee(peer, "84901234567"))],
    }
    return record(uuid, **{**said, **changes})


def body(said: Any) -> bytes:
    return json.dumps(said).encode()
