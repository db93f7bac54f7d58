"""Text that FreeSWITCH, SIP, XML, SQL, a shell or a spreadsheet might act on, in a tenant's field or from a phone."""

from dataclasses import dataclass
from typing import Final

GLOBAL: Final = "hostile"
"""A global variable that the tricks set where they can."""


@dataclass(frozen=True, slots=True)
class Trick:
    """One text. `%s` in it is a file: whoever executes the text makes it."""

    name: str
    text: str
    is_taken: bool = True
    """Whether the API takes it as the name of somebody or something."""
    is_silent: bool = False
    """Whether nothing of it can be shown as a caller's name."""

    def aimed_at(self, probe: object) -> str:
        return self.text.replace("%s", str(probe))


def _refused(name: str, text: str) -> Trick:
    return Trick(name, text, is_taken=False)


TRICKS: Final = (
    # The pre-processor: switch_xml.c:1424 of FreeSWITCH v1.10.12.
    _refused("XML declaration", "<?xml version='1.0'?>"),
    _refused("processing instruction in the middle", "a <?php"),
    _refused("include", "<include>"),
    _refused("end of an include, upper case", "</INCLUDE>"),
    _refused("pre-process, exec", "<X-PRE-PROCESS cmd='exec' data='touch %s'/>"),
    _refused("pre-process, set, mixed case", "<x-PRE-proCess cmd='set' data='hostile=1'/>"),
    _refused("pre-process, the word alone", "my X-Pre-Process"),
    _refused("comment", "<!-- all that follows"),
    _refused("comment, exec", "<!--#exec cmd='touch %s' -->"),
    Trick("pre-process, escaped", "&lt;X-PRE PROCESS cmd='exec' data='touch %s'/&gt;"),
    Trick("pre-process, a letter escaped", "&#120;-pre-process"),
    Trick("end of CDATA", "a]]>b"),
    Trick("end of the attribute", "'/><variable name='hostile' value='1'/>"),
    Trick("end of the attribute, quotes", '"/></variables></user><user id="0"/>'),
    Trick("entities", "&amp;&quot;&#10;&hostile;"),
    # Variables and functions: switch_channel.c:3986.
    _refused("global of the switch", "$${base_dir}"),
    _refused("variable", "${base_dir}"),
    _refused("system", "${system(touch %s)}"),
    _refused("system, in the old style", "${system touch %s}"),
    _refused("bg_system", "${bg_system(touch %s)}"),
    _refused("expand", "${expand(system touch %s)}"),
    _refused("nested", "${${system(touch %s)}}"),
    _refused("setting a global", "${global_setvar(hostile=1)}"),
    _refused("escaped once", "\\${system(touch %s)}"),
    Trick("dollar escaped", "&#36;&#36;{base_dir} &#x24;{system(touch %s)}"),
    Trick("dollar as JSON would", "\\u0024{system(touch %s)}"),
    Trick("a blank between", "$ {system(touch %s)}"),
    Trick("other brackets", "$(touch %s) %{system(touch %s)} #{hostile}"),
    Trick("groups of a regular expression", "$1 $0 %1 .* (a|b) ^$ [0-9]+"),
    # Dial strings, sets and applications: switch_ivr_originate.c, switch_event.c:1664.
    Trick("another separator", "^^:api_on_answer=system touch %s"),
    Trick("variables of a call", "{api_on_answer=system touch %s}"),
    Trick("variables of a leg", "[execute_on_answer='system touch %s']"),
    Trick("variables of all calls", "<api_hangup_hook=system touch %s>"),
    Trick("one more variable", "x,api_hangup_hook=system touch %s"),
    Trick("one more leg", "x,loopback/1001"),
    Trick("one more leg, if busy", "x|user/1001"),
    Trick("one more call", "x:_:user/1001"),
    Trick("an application", "&system(touch %s)"),
    Trick("applications, inline", "m:|:system:touch %s|hangup"),
    Trick("an application's name", "execute_on_answer::system touch %s"),
    Trick("no name", "_undef_", is_silent=True),
    # SIP.
    Trick("quotes", 'Anna "the boss" B'),
    Trick("one quote", 'Anna" B'),
    Trick("apostrophe", "O'Neil"),
    Trick("backslash", "a\\"),
    Trick("an address", '"Boss" <sip:1001@other.test>;tag=1'),
    Trick("parameters", ";tag=1;transport=tls?Replaces=1"),
    _refused("another header", "a\r\nX-Hostile: 1"),
    _refused("another body", "a\r\n\r\nv=0"),
    Trick("percent", "%0d%0aX-Hostile:%201 %24%7Bbase_dir%7D %n%d"),
    # A shell, SQL, a format, a path, a spreadsheet.
    Trick("shell", ";touch %s;|touch %s&`touch %s`"),
    Trick("SQL", "'; drop table sip_registrations; --"),
    Trick("path", "../../../etc/passwd"),
    _refused("formula", "=1+1"),
    _refused("formula, at", "@SUM(1)"),
    # Characters.
    _refused("NUL", "a\x00b"),
    _refused("line feed", "a\nb"),
    _refused("tab", "a\tb"),
    _refused("escape", "\x1b[31m"),
    _refused("delete", "a\x7fb"),
    _refused("C1", "a\x85b"),
    _refused("line separator", "a\u2028b"),
    _refused("paragraph separator", "a\u2029b"),
    _refused("no character", "a\uffffb"),
    Trick("right to left", "a\u202eb\u202c"),
    Trick("no width", "a\u200bb\ufeff"),
    Trick("emoji", "Anna 👩‍🔧 😀"),
    Trick("marks", "e\u0301\u0323 Nguyễn Văn A नमस्ते"),
    Trick("only signs", '"$%;<>', is_silent=True),
    _refused("over-long", "a" * 101),
)
