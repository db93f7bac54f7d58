"""Group mailboxes: bodies and routes."""

from management.api.object_routes import Noun, Texts, routes_of
from management.api.object_wire import OptionalText, Shown, ValuesBody, unset
from management.group_mailboxes.commands import LONGEST_NAME, GroupMailboxValues
from management.objects.commands import NUMBER, PIN


class ChangeGroupMailbox(ValuesBody):
    name: str = unset(minLength=1, maxLength=LONGEST_NAME)
    pin: OptionalText = unset(pattern=PIN)
    email: OptionalText = unset(maxLength=255)
    voicemail_mail: bool = unset()
    voicemail_attach: bool = unset()
    voicemail_delete_after_mail: bool = unset()


class NewGroupMailbox(ChangeGroupMailbox):
    name: str
    number: str = unset(pattern=NUMBER)


class GroupMailboxItem(Shown):
    name: str
    number: str
    email: str | None
    voicemail_mail: bool
    voicemail_attach: bool
    voicemail_delete_after_mail: bool


NOUN = Noun(
    name="group_mailbox",
    plural="group_mailboxes",
    service=lambda services: services.group_mailboxes,
    values=GroupMailboxValues,
    new=NewGroupMailbox,
    change=ChangeGroupMailbox,
    item=GroupMailboxItem,
    texts=Texts(
        list="Group mailboxes by name. `search` is found in the name or the number, as it is written.",
        create="A new group mailbox; nothing else of the tenant may be called its number. The PIN is never shown.",
        read="One group mailbox.",
        update="New values; what is left out stays. The number can't be changed. A PIN that is sent also overwrites"
        " the one set by phone.",
        delete="Soft delete; refused while calls go on to it.",
    ),
)
router = routes_of(NOUN)
