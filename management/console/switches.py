"""`management switch`: the FreeSWITCH nodes that the worker tells of changes."""

from typing import Annotated, Final

import typer

from management.console.objects import create, delete, given, list_all, update
from management.console.session import ACTOR, Json, PasswordStdin, Search, run, secret, show
from management.switches.commands import Switch, SwitchValues
from management.switches.service import Switches
from management.web.services import Services
from management.writes import Written

app = typer.Typer(no_args_is_help=True, help="FreeSWITCH nodes that are told of changes.")

Id = Annotated[int, typer.Argument(metavar="ID")]
Host = Annotated[str | None, typer.Option(help="Where its event socket listens. Default: 127.0.0.1.")]
Port = Annotated[int | None, typer.Option(help="Default: 8021.")]
Profile = Annotated[
    list[str] | None, typer.Option(help="A sofia profile, once for each. Default: internal and external.")
]
PeerHost = Annotated[str | None, typer.Option(help="IPv4 address where other switches send it calls; empty: none do.")]
PeerPort = Annotated[int | None, typer.Option(help="Of its profile peers. Default: 5070.")]
Enabled = Annotated[bool | None, typer.Option("--enabled/--disabled")]
FromStdin = Annotated[bool, PasswordStdin]
OrUpdate = Annotated[
    bool, typer.Option("--or-update", help="Where there is one of that name, give it these values; for scripts.")
]
AsJson = Annotated[bool, Json]

_PASSWORD: Final = "password of the event socket"  # noqa: S105 - what it is called


def _service(services: Services) -> Switches:
    return services.switches


@app.command("add")
def add_switch(
    name: Annotated[str, typer.Argument()],
    *,
    host: Host = None,
    port: Port = None,
    profile: Profile = None,
    peer_host: PeerHost = None,
    peer_port: PeerPort = None,
    enabled: Enabled = None,
    or_update: OrUpdate = False,
    password_stdin: FromStdin = False,
    as_json: AsJson = False,
) -> None:
    """A new switch. The password of its event socket is asked for."""
    options = given(
        port=port,
        enabled=enabled,
        sofia_profiles=tuple(profile or ()) or None,
        peer_host=peer_host,
        peer_port=peer_port,
    )
    password = secret(_PASSWORD, is_from_stdin=password_stdin)
    values = SwitchValues(name=name, host=host or "127.0.0.1", password=password, **options)
    if or_update:
        keep(values, as_json=as_json)
    else:
        create(_service, values, as_json=as_json)


def keep(values: SwitchValues, *, as_json: bool) -> None:
    """Make the switch or bring it to these values, and show it."""

    async def action(services: Services) -> Written[Switch]:
        return await services.switches.keep(values, actor=ACTOR)

    show(run(action), as_json=as_json)


@app.command("update")
def update_switch(
    switch_id: Id,
    *,
    name: Annotated[str | None, typer.Option()] = None,
    host: Host = None,
    port: Port = None,
    profile: Profile = None,
    peer_host: PeerHost = None,
    peer_port: PeerPort = None,
    enabled: Enabled = None,
    password_stdin: FromStdin = False,
    as_json: AsJson = False,
) -> None:
    """Other values; what is left out stays."""
    options = given(
        name=name,
        host=host,
        port=port,
        enabled=enabled,
        sofia_profiles=tuple(profile or ()) or None,
        peer_host=peer_host,
        peer_port=peer_port,
        password=secret(_PASSWORD, is_from_stdin=True) if password_stdin else None,
    )
    update(_service, switch_id, SwitchValues(**options), as_json=as_json)


@app.command("delete")
def delete_switch(switch_id: Id, *, as_json: AsJson = False) -> None:
    """It is told of nothing any more."""
    delete(_service, switch_id, as_json=as_json)


@app.command("list")
def list_switches(*, search: Annotated[str | None, Search] = None, as_json: AsJson = False) -> None:
    """Switches by name, without their passwords."""
    columns = ("id", "name", "host", "port", "sofia_profiles", "peer_host", "peer_port", "enabled")
    list_all(_service, columns, search=search, as_json=as_json)
