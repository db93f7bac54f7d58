"""Documents that no phone asks for: what FreeSWITCH's own commands make of them."""

import wave
from pathlib import Path

from tests.freeswitch.conftest import OTHER
from tests.freeswitch.office import Office
from tests.freeswitch.product import Product
from tests.freeswitch.switch import Switch
from tests.waiting import until


async def test_every_name_leads_to_the_number(either: Office, switch: Switch) -> None:
    """`user_data` of the number, the alias and the sign-in name shows one extension."""
    alias, name = either.number(), f"desk-{either.number()}"
    account = await either.account(aliases=[alias], sign_in_name=name)

    for asked in (account.number, alias, name):
        address = f"{asked}@{account.domain}"
        assert switch.api(f"user_data {address} attr id") == account.number
        assert switch.api(f"user_data {address} var effective_caller_id_number") == account.number


async def test_a_group_rings_its_members_in_service(office: Office, product: Product, switch: Switch) -> None:
    """`group_call` of a team: the members that are in service and registered, each at its phone."""
    team = f"sales-{office.number()}"
    team_id = product.command("team", "add", team, "--tenant", office.domain)["id"]
    members = [await office.registered_phone(team_id=team_id) for _ in range(3)]
    outsider = await office.registered_phone()
    await office.administrator.update(members[2].number, status="disabled")

    rung = switch.api(f"group_call {team}@{office.domain}")

    assert all(f"127.0.0.1:{member.port}" in rung for member in members[:2])
    assert not any(f"127.0.0.1:{phone.port}" in rung for phone in (members[2], outsider))


async def test_a_group_is_its_tenants(
    office: Office, offices: dict[str, Office], switch: Switch, product: Product
) -> None:
    """The same name at another domain is nobody's group."""
    team = f"sales-{office.number()}"
    team_id = product.command("team", "add", team, "--tenant", office.domain)["id"]
    await office.registered_phone(team_id=team_id)

    assert switch.api(f"group_call {team}@{offices[OTHER].domain}").startswith("error/")


async def test_a_message_can_be_put_into_a_mailbox(office: Office, switch: Switch, tmp_path: Path) -> None:
    """`voicemail_inject` finds the mailbox by number; the disabled one's is no mailbox."""
    sound = tmp_path / "sound.wav"
    with wave.open(str(sound), "wb") as file:
        file.setparams((1, 2, 8_000, 0, "NONE", ""))
        file.writeframes(bytes(32_000))
    there, gone = await office.account(voicemail_enabled=True), await office.account(voicemail_enabled=True)
    await office.administrator.update(gone.number, status="disabled")

    for account in (there, gone):
        switch.api(f"voicemail_inject {account.address} {sound} 5551234 Caller")

    await until(lambda: switch.api(f"vm_boxcount {there.address}").strip() == "1")
    assert not list((switch.voicemail / gone.domain).glob(f"{gone.number}/*"))


async def test_only_tenants_are_domains(office: Office, switch: Switch) -> None:
    """`domain_exists` and `user_exists`, for ours and for an unknown one."""
    account = await office.account()

    assert switch.api(f"domain_exists {office.domain}") == "true"
    assert switch.api("domain_exists nowhere.test") == "false"
    assert switch.api(f"user_exists id {account.number} {office.domain}") == "true"
    assert switch.api(f"user_exists id {office.number()} {office.domain}") == "false"
