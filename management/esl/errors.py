"""What can go wrong between us and a switch.

SwitchError                 a switch did not do what a change needs; `retry` says whether another attempt can help
├── SwitchUnreachable       no connection, it broke, or no reply in time: try again
├── SwitchNotReady          it answered, but the module or profile is not loaded (yet): try again, for a while
├── SwitchDenied            it does not let us in (password, address): the same again until somebody changes that
├── SwitchRefused           it answered and said no: another attempt gets the same answer
└── UnsafeArgument          we refuse to send this: it would be read as something else
"""


class SwitchError(Exception):
    """A switch did not do what a change needs."""

    retry: bool = True


class SwitchUnreachable(SwitchError):
    """No connection, or no reply in time: another attempt may succeed."""


class SwitchNotReady(SwitchError):
    """A module or a profile is not loaded: it may be still starting."""


class SwitchDenied(SwitchError):
    """The switch does not let us in: wrong password, or our address is not in its list."""

    retry = False


class SwitchRefused(SwitchError):
    """The switch answered and said no: another attempt gets the same answer."""

    retry = False


class UnsafeArgument(SwitchError, ValueError):
    """Never sent: a space, a line end, a quote or nothing at all would make it another command."""

    retry = False
