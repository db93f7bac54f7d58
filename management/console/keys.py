"""`management keys`: what stored passwords are encrypted with."""

import sys
from typing import Annotated

import typer
from cryptography.fernet import Fernet

from management.console.session import ACTOR, Json, run, show_object
from management.web.services import Services

app = typer.Typer(no_args_is_help=True, help="What stored passwords are encrypted with.")


@app.command("new")
def new_key() -> None:
    """Print a new key, to be put in front of the others in SECRET_KEYS or in the file secret.keys."""
    sys.stdout.write(f"{Fernet.generate_key().decode()}\n")


@app.command("rotate")
def rotate_keys(*, as_json: Annotated[bool, Json] = False) -> None:
    """Encrypt every stored password with the first key; then the other keys can go."""

    async def rotate(services: Services) -> int:
        return await services.keys.rotate(actor=ACTOR)

    show_object({"secrets": run(rotate)}, as_json=as_json)
