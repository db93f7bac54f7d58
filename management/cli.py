"""`management`: the processes, the migration, the demo, and what administrators do without the API.

Errors go to stderr, never a traceback. Exit status: 0 done; 1 refused, or something did not answer;
2 a setting or the command line is wrong. Secrets are read from stdin or a terminal, and shown once.
"""

import sys
import traceback
from collections.abc import Sequence
from typing import Final

import typer

from management import demo, migrations, timezones
from management.app import create_app
from management.console import (
    calls,
    explain,
    extensions,
    greetings,
    keys,
    nouns,
    partners,
    switches,
    tenants,
    tokens,
    vendor_keys,
    where_calls_go,
)
from management.errors import Conflict, Invalid, ManagementError, NotFound
from management.esl.supervisor import Supervisor
from management.migrations import SchemaOutdated, require_current
from management.secrets import SecretUnreadable
from management.settings import ManagementSettings
from management.web.errors import texts
from management.web.messages import sentence
from xmlcurl import logs
from xmlcurl.serving import serve_until_stopped
from xmlcurl.settings import ENV_PREFIX, SettingsError, load
from xmlcurl.store.connect import ClusterRefused, refuse_cluster

REFUSED: Final = 1
MISUSED: Final = 2

app = typer.Typer(
    add_completion=False, no_args_is_help=True, pretty_exceptions_enable=False, help="Changes what FreeSWITCH is told."
)
greetings.complete(nouns.COMMANDS["greeting"])
where_calls_go.complete(extensions.app, nouns.COMMANDS["number"])
for _name, _commands in {
    "tenant": tenants.app,
    "extension": extensions.app,
    **nouns.COMMANDS,
    "call-settings": where_calls_go.app,
    "token": tokens.app,
    "partner": partners.app,
    "vendor-key": vendor_keys.app,
    "switch": switches.app,
    "calls": calls.app,
    "keys": keys.app,
}.items():
    app.add_typer(_commands, name=_name)
app.command("explain-call")(explain.explain_call)
app.command("import-cdr")(calls.import_folder)


@app.command("serve")
def serve() -> None:
    """Answer the API until told to stop. Settings come from the environment, see docs/operations.md."""
    settings = _settings_of_a_process()
    serve_until_stopped(create_app(settings), setting="MANAGEMENT_BIND", bind=settings.management_bind)


@app.command("worker")
def worker() -> None:
    """Tell every switch what changed, until told to stop."""
    _settings_of_a_process()
    Supervisor().run()


@app.command("migrate")
def migrate() -> None:
    """Bring the database up to the newest schema; it may be done at any time, by several at once."""
    migrations.migrate(load(ManagementSettings).database)


@app.command("timezones")
def print_timezones() -> None:
    """Print FreeSWITCH's timezones.conf.xml with every time zone that a tenant may have."""
    sys.stdout.write(timezones.configuration())


@app.command("demo")
def run_demo() -> None:
    """Start everything with embedded defaults and a tenant to try it on; Ctrl-C stops it."""
    settings = load(ManagementSettings)
    logs.set_up(settings.log_level)
    demo.run(settings)


def _settings_of_a_process() -> ManagementSettings:
    settings = load(ManagementSettings)
    logs.set_up(settings.log_level)
    require_current(settings.database)
    try:
        refuse_cluster(settings.redis)
    except (ClusterRefused, ValueError) as exc:
        raise SettingsError(f"{ENV_PREFIX}REDIS_URL=(hidden): {exc}") from None
    return settings


def run(arguments: Sequence[str]) -> int:
    """The exit status; whatever goes wrong becomes a line on stderr."""
    try:
        app(arguments)
    except SystemExit as exc:
        return exc.code if isinstance(exc.code, int) else 0
    except Exception as exc:  # noqa: BLE001 - the outermost place of the process
        sys.stderr.write(f"management: {_said(exc)}\n")
        return MISUSED if isinstance(exc, SettingsError) else REFUSED
    return 0


def _said(error: Exception) -> str:
    """What whoever typed the command can do something about."""
    match error:
        case Invalid():
            return "; ".join(line for lines in texts(error.errors, "en").values() for line in lines)
        case Conflict():
            return sentence(error.field, error.broken, "en")
        case NotFound():
            return f"there is no {error}"
        case SettingsError() | ManagementError() | SchemaOutdated() | SecretUnreadable() | demo.DemoFailed():
            return str(error)
    # Not its text: a statement's values, secrets among them, may stand in it.
    where = traceback.extract_tb(error.__traceback__)[-1]
    return f"a fault of ours, {type(error).__name__} in {where.name} ({where.filename}:{where.lineno})"


def main() -> None:
    # What a process tells whoever runs it, a command tells by its exit status; `serve` and others set their own.
    logs.set_up("error")
    sys.exit(run(sys.argv[1:]))


if __name__ == "__main__":
    main()
