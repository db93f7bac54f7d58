"""What `make run` prints once everything is ready: what runs where, the secrets, and a command for each side."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode


def what_runs(demo: Mapping[str, Any], pids: Mapping[str, int], data_dir: Path) -> str:
    """The text, for the content of demo.json and the processes by name."""
    lines = [
        "",
        f"lookups     {demo['lookup_url']} (pid {pids['lookups']})",
        f"management  {demo['management_url']}/api/pbx (pid {pids['management']}), described at /api/pbx/docs",
        f"records     {demo['cdr_url']}: where FreeSWITCH posts finished calls",
        f"worker      tells every switch: `management switch add` (pid {pids['worker']})",
        f"data        {data_dir}",
        "",
        f"Tenant {demo['tenant']}, as it was made:",
        *(
            f"  phone {each['number']}  password {each['password']}  voicemail PIN {each['voicemail_pin']}"
            for each in demo["extensions"]
        ),
        f"API token of the tenant: {demo['token']}",
        "",
        f"What FreeSWITCH asks when {demo['extensions'][0]['number']} registers:",
        f"  {_lookup_command(demo)}",
        "What an administrator asks:",
        f"  {_management_command(demo)}",
        "",
        f"The same is in {data_dir / 'demo.json'}. Ctrl-C stops everything.",
        "",
    ]
    return "\n".join(lines)


def _lookup_command(demo: Mapping[str, Any]) -> str:
    number, domain = demo["extensions"][0]["number"], demo["tenant"]
    fields = {
        "section": "directory",
        "tag_name": "domain",
        "key_name": "name",
        "key_value": domain,
        "action": "sip_auth",
        "sip_auth_method": "REGISTER",
        "sip_to_user": number,
        "sip_to_host": domain,
        "key": "id",
        "user": number,
        "domain": domain,
    }
    return shlex.join(["curl", "-u", demo["lookup_credentials"], "-d", urlencode(fields), demo["lookup_url"]])


def _management_command(demo: Mapping[str, Any]) -> str:
    header = f"Authorization: Bearer {demo['token']}"
    return shlex.join(["curl", "-H", header, f"{demo['management_url']}/api/pbx/extensions"])
