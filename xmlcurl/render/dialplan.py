"""A route as a dialplan document: one context, a rule of FreeSWITCH's for each of the route's."""

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
    within = add(section, "context", name=name)
    for rule in route.rules:
        # Without `continue` FreeSWITCH looks no further than the first rule that holds.
        said = {"continue": "true"} if rule.goes_on else {}
        condition = add(add(within, "extension", name=rule.name, **said), "condition", **rule.condition)
        for application, data in rule.actions:
            more = ({"data": data} if data else {}) | ({"inline": "true"} if rule.goes_on else {})
            add(condition, "action", application=application, **more)
    return to_bytes(root)
