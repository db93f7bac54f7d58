"""Greetings as a switch plays them: fetched over HTTP from a lookup node, once, and kept by mod_http_cache.

Where from is the switch's to know: `greetings_url`, a global variable of its configuration. So is how it proves
itself there: the profile. What is in it reaches no channel, whose variables go into call records.

Source: FreeSWITCH v1.10.12, mod_http_cache.c (http_cache_file_open, url_cache_get), mod_commands.c (regex, cond),
switch_ivr_menu.c:345 and mod_callcenter.c:3186 (both expand variables in what they play).
"""

import re
from typing import Final

from xmlcurl.routing.call import Action
from xmlcurl.store.call_model import Greeting

NOT_FETCHED: Final = "NORMAL_TEMPORARY_FAILURE"
"""How a call ends that should hear a greeting which can't be had."""

QUEUE_SOUND: Final = "cc_moh_override"
"""The variable from which mod_callcenter takes what a caller hears. It outlives a transfer from queue to queue."""

_PROFILE: Final = "{profile=greetings}"
_URL: Final = "${greetings_url}/%s"
_FILE_NAME: Final = re.compile(r"/([0-9]+)-[0-9a-f]{64}\.(?:wav|mp3)")


def sound(greeting: Greeting) -> str:
    """What is played; it is fetched then, unless the switch has it."""
    return f"{_PROFILE}http_cache://{_URL % greeting.file_name}"


def answered_to_hear(greeting: Greeting) -> Action:
    """Fetches the greeting before the call is answered; where it can't be had, the call ends instead."""
    fetched = f"${{http_get({_PROFILE}{_URL % greeting.file_name})}}"
    # A path where it was fetched, else "-ERR".
    is_there = f"${{regex({fetched}|^/)}}"
    return "execute_extension", f"${{cond({is_there} == true ? answer : hangup:{NOT_FETCHED})}} inline"


def greeting_in(played: str) -> str:
    """The id of the greeting, of what `sound` gives; empty for another sound."""
    match = _FILE_NAME.search(played)
    return match[1] if match else ""
