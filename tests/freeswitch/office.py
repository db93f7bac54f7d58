"""A tenant with its extensions and the phones on its desks."""

import itertools
from collections.abc import Iterator
from contextlib import AsyncExitStack
from typing import Any, Self

from tests.freeswitch.administrator import Account, Administrator
from tests.freeswitch.switch import Switch
from tests.freeswitch.ua import Phone

LOWEST_VOICE_HERTZ, BETWEEN_VOICES_HERTZ = 400, 130


class Office:
    """`async with Office(...)`: its phones and its API client are put away at the end.

    Args:
        switch: where its phones sign in.
        numbers: fresh ones, for new extensions.
    """

    def __init__(self, administrator: Administrator, switch: Switch, numbers: Iterator[str]) -> None:
        self.administrator, self.domain = administrator, administrator.domain
        self._switch, self._numbers = switch, numbers
        self._voices = itertools.count(LOWEST_VOICE_HERTZ, BETWEEN_VOICES_HERTZ)
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        await self._stack.enter_async_context(self.administrator)
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._stack.aclose()

    def number(self) -> str:
        """One that is nobody's."""
        return next(self._numbers)

    async def account(self, number: str | None = None, **values: Any) -> Account:
        """A new extension."""
        return await self.administrator.create(number or self.number(), **values)

    async def phone(self, account: Account, *, at: Switch | None = None, sign_in_name: str | None = None) -> Phone:
        """A phone with that account in it; it has not signed in."""
        port = (at or self._switch).sip_port
        who = (account.number, account.password, account.domain, port)
        phone = Phone(*who, sign_in_name=sign_in_name, hertz=next(self._voices))
        return await self._stack.enter_async_context(phone)

    async def new_phone(self, number: str | None = None, **values: Any) -> Phone:
        """A new extension's phone; it has not signed in, which it needn't to call."""
        return await self.phone(await self.account(number, **values))

    async def registered_phone(self, number: str | None = None, **values: Any) -> Phone:
        """A new extension's phone, signed in: it can be called."""
        phone = await self.new_phone(number, **values)
        assert await phone.register() == 200
        return phone
