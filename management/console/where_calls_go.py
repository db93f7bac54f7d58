"""What a tenant, a number and an extension say of calls: `management call-settings`, and commands of the other two."""

import typer

from management.api.call_settings import CallSettingsBody, CallSettingsItem
from management.api.number_destinations import NumberDestinationsBody, NumberDestinationsItem
from management.api.presence import PresenceBody, PresenceItem
from management.api.queue_agents import QueueAgentBody, QueueAgentItem
from management.call_settings.commands import CallSettingsValues
from management.console.nouns import argument, offer_settings
from management.console.session import ACTOR
from management.number_destinations.commands import NumberDestinationsValues
from management.presence.commands import PresenceValues
from management.queue_agents.commands import QueueAgentValues

app = typer.Typer(no_args_is_help=True, help="Emergency numbers, feature codes, business hours of a tenant.")
offer_settings(
    app,
    ("show", "update"),
    key=(),
    item=CallSettingsItem,
    body=CallSettingsBody,
    values=CallSettingsValues,
    find=lambda services, scope: services.call_settings.find(scope),
    update=lambda services, scope, values: services.call_settings.update(scope, values, actor=ACTOR),
)


def complete(extensions: typer.Typer, numbers: typer.Typer) -> None:
    """Give the commands of extensions and numbers those that say where their calls go."""
    offer_settings(
        extensions,
        ("show-presence", "set-presence"),
        key=(argument("number", "Of the extension."),),
        item=PresenceItem,
        body=PresenceBody,
        values=PresenceValues,
        find=lambda services, scope, number: services.presences.find(scope, number),
        update=lambda services, scope, number, values: services.presences.update(scope, number, values, actor=ACTOR),
    )
    offer_settings(
        extensions,
        ("show-agent", "set-agent"),
        key=(argument("number", "Of the extension that serves queues."),),
        item=QueueAgentItem,
        body=QueueAgentBody,
        values=QueueAgentValues,
        find=lambda services, scope, number: services.queue_agents.find(scope, number),
        update=lambda services, scope, number, values: services.queue_agents.update(scope, number, values, actor=ACTOR),
    )
    offer_settings(
        numbers,
        ("show-destinations", "set-destinations"),
        key=(argument("number", "One of the tenant's."),),
        item=NumberDestinationsItem,
        body=NumberDestinationsBody,
        values=NumberDestinationsValues,
        find=lambda services, scope, number: services.number_destinations.find(scope, number),
        update=lambda services, scope, number, values: services.number_destinations.update(
            scope, number, values, actor=ACTOR
        ),
    )
