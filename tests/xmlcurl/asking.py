"""Request bodies as FreeSWITCH writes them, in its order, for any user, domain or call."""

from tests.fakes.xmlcurl import form

EVENT = {
    "Event-Name": "REQUEST_PARAMS",
    "Core-UUID": "3fc99446-b172-41e4-b994-acb7f6a812ca",
    "FreeSWITCH-Hostname": "switch",
}


def directory(key_value: str = "pbx.test", **fields: str) -> bytes:
    """A directory request; the key value is not encoded. `VM_Action` stands for VM-Action."""
    unencoded = {"section": "directory", "tag_name": "domain", "key_name": "name", "key_value": key_value}
    return form(
        {"hostname": "switch", **unencoded}, EVENT | {name.replace("_A", "-A"): v for name, v in fields.items()}
    )


def user(name: str = "1001", domain: str = "pbx.test", *, key: str = "id", **fields: str) -> bytes:
    """Whatever asks for one user: by default user_call."""
    return directory(domain, **({"action": "user_call"} | fields), key=key, user=name, domain=domain)


def sip_auth(
    name: str = "1001",
    domain: str = "pbx.test",
    *,
    method: str = "REGISTER",
    to_user: str | None = None,
    to_host: str | None = None,
    **fields: str,
) -> bytes:
    """A phone that signs in."""
    return user(
        name,
        domain,
        action="sip_auth",
        sip_auth_username=name,
        sip_auth_realm=domain,
        sip_to_user=name if to_user is None else to_user,
        sip_to_host=domain if to_host is None else to_host,
        sip_auth_method=method,
        **fields,
        ip="127.0.0.1",
    )


def call(
    destination: str = "1002", *, caller: str = "1001", realm: str = "pbx.test", context: str = "pbx.test", **more: str
) -> bytes:
    """A call of a phone that signed in; `caller` empty: of nobody. `more`: channel variables."""
    signed_in = {"variable_sip_authorized": "true", "variable_user_name": caller, "variable_domain_name": realm}
    return form(
        {"hostname": "switch", "section": "dialplan", "tag_name": "", "key_name": "", "key_value": ""},
        EVENT
        | {"Caller-Username": caller}
        | (signed_in if caller else {})
        | {f"variable_{name}": value for name, value in more.items()}
        | {"Hunt-Destination-Number": destination, "Hunt-Context": context},
    )
