"""A route as a dialplan document: one context, one rule without a condition."""

from typing import Final

from xmlcurl.render.document import add, open_section, to_bytes
from xmlcurl.routing import Route
from xmlcurl.store.text import is_safe_text

ANY_CONTEXT: Final = "global"
"""FreeSWITCH takes this context when the one it asked for is not in the answer.

Source: FreeSWITCH v1.10.12, mod_dialplan_xml.c:667.
"""


def route_document(route: Route, context: str) -> bytes:
    """The document for `context`, whose name FreeSWITCH compares letter for letter.

    Raises:
        RenderRefused: FreeSWITCH would execute part of it, or drop it.
    """
    root, section = open_section("dialplan")
    name = context if is_safe_text(context) else ANY_CONTEXT
    rule = add(add(section, "context", name=name), "extension", name=route.name)
    condition = add(rule, "condition")
    for application, data in route.actions:
        add(condition, "action", application=application, **({"data": data} if data else {}))
    return to_bytes(root)
