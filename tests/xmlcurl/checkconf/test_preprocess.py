"""What FreeSWITCH's pre-processor makes of a folder. The first tests were held against a running 1.10.12."""

import os
from pathlib import Path

import pytest

from xmlcurl.checkconf import preprocess
from xmlcurl.checkconf.errors import ConfigurationError
from xmlcurl.checkconf.preprocess import ROOT, read
from xmlcurl.checkconf.variables import UNKNOWN


def text_of(folder: Path, root: str) -> str:
    (folder / ROOT).write_text(root)
    return "".join(text for text, _ in read(folder).lines)


@pytest.mark.parametrize(
    ("root", "read_as"),
    [
        pytest.param('<X-PRE-PROCESS cmd="set" data="a = b"/>\n[$${a}]\n', "[b]\n", id="set"),
        pytest.param('<x-pre-process CMD = "set" x DATA= "a=b"/>\n[$${a}]\n', "[b]\n", id="case and spaces"),
        pytest.param("<X-PRE-PROCESS cmd='set' data='a=b'/>\n[$${a}]\n", "[]\n", id="single quotes are not read"),
        pytest.param('kept\n lost <X-PRE-PROCESS cmd="set" data="a=b"/> lost\n', "kept\n", id="the line is lost"),
        pytest.param("a word of x-pre-process\nkept", "kept", id="a word is enough"),
        pytest.param('<!-- <X-PRE-PROCESS cmd="set" data="a=b"/> -->\n[$${a}]', "[b]", id="in a comment"),
        pytest.param(
            '<X-NO-PRE-PROCESS cmd="set" data="a=b"/>\n', '<X-NO-PRE-PROCESS cmd="set" data="a=b"/>\n', id="no"
        ),
        pytest.param("<?xml?><a>\n<include>\nx</include>\nkept\n", "kept\n", id="lines that validators want"),
        pytest.param('<X-PRE-PROCESS cmd="set" data="a=<?"/>\n[$${a}]\n', "[]\n", id="also around a directive"),
        pytest.param("[$${nothing}]", "[]", id="undefined"),
        pytest.param("[$${open] [$${x}]", "[$${open] []", id="a name that does not end"),
        pytest.param('x<!--#set "a=b"-->[$${a}]\n[$${a}]', "x[]\n[b]", id="the old form"),
        pytest.param("<!--#comment\nlost\nlost --> kept\n", " kept\n", id="the old form over lines"),
        pytest.param('<X-PRE-PROCESS cmd="set" data="a=b"/>\r\n[$${a}]\r\n', "\n[b]\r\n", id="CR LF"),
    ],
)
def test_lines_are_read_as_freeswitch_reads_them(tmp_path: Path, root: str, read_as: str) -> None:
    """Line by line, without a thought for XML."""
    assert text_of(tmp_path, root) == read_as


@pytest.mark.parametrize(
    ("directive", "value"),
    [
        pytest.param('cmd="env-set" data="a=$HOME"', UNKNOWN, id="environment"),
        pytest.param('cmd="exec-set" data="a=echo b"', UNKNOWN, id="command"),
        pytest.param('cmd="stun-set" data="a=stun.example.com"', UNKNOWN, id="asked of a server"),
        pytest.param('cmd="set" data="a=$${local_ip_v4}"', UNKNOWN, id="of the running switch"),
        pytest.param('cmd="set" data="a=x-$${hostname}"', f"x-{UNKNOWN}", id="in part"),
    ],
)
def test_what_only_a_running_switch_knows_is_unknown(tmp_path: Path, directive: str, value: str) -> None:
    """No rule says anything of it."""
    assert text_of(tmp_path, f"<X-PRE-PROCESS {directive}/>\n$${{a}}") == value


def test_a_value_that_the_environment_may_change_keeps_its_default(tmp_path: Path) -> None:
    """That is what a site without the variable runs with."""
    root = '<X-PRE-PROCESS cmd="set" data="a=b"/>\n<X-PRE-PROCESS cmd="env-set" data="a=$HOME"/>\n$${a}'

    assert text_of(tmp_path, root) == "b"


def test_includes_are_relative_to_the_file_and_in_order(tmp_path: Path) -> None:
    """A pattern's files by name; hidden ones, folders and what is missing are passed over."""
    for name in ("sub/b.xml", "sub/a.xml", "sub/.hidden.xml", "sub/folder.xml/x"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(f"{name}\n")
    (tmp_path / "all.xml").write_text('<X-PRE-PROCESS cmd="include" data="sub/*.xml"/>\n')
    (tmp_path / "sub" / "c.xml").write_text('<X-PRE-PROCESS cmd="include" data="../none*"/>\nc $${conf_dir}\n')

    read_as = text_of(tmp_path, '<X-PRE-PROCESS cmd="include" data="$${conf_dir}/all.xml"/>\n')

    assert read_as == f"sub/a.xml\nsub/b.xml\nc {tmp_path}\n"


def test_each_line_knows_where_it_was_written(tmp_path: Path) -> None:
    """In the file itself, by its name in the folder."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "part.xml").write_text("\n\npart")
    (tmp_path / "sub" / "x.xml").write_text('\n<X-PRE-PROCESS cmd="include" data="../part.xml"/>\nx')
    (tmp_path / ROOT).write_text('<X-PRE-PROCESS cmd="include" data="sub/x.xml"/>\r\nend')

    places = [(text.strip(), str(place)) for text, place in read(tmp_path).lines if text.strip()]

    assert places == [("part", "part.xml:3"), ("x", "sub/x.xml:3"), ("end", f"{ROOT}:2")]


def test_nothing_is_executed(tmp_path: Path) -> None:
    """Neither a command for a value nor one for a part of the configuration; the latter is said."""
    ran = tmp_path / "ran"
    (tmp_path / ROOT).write_text(
        f'<X-PRE-PROCESS cmd="exec-set" data="a=touch {ran}"/>\n<X-PRE-PROCESS cmd="exec" data="touch {ran}"/>\n'
        f'<!--#exec "touch {ran}"-->\n'
    )

    reading = read(tmp_path)

    assert not ran.exists()
    assert [place.line for place, _ in reading.unread] == [2, 3]


@pytest.mark.parametrize(
    "pattern",
    ["../out.xml", "{}/out.xml", "link.xml", "l*.xml", "http://x/y.xml", "none.xml", "*/*/*/*", "*/" + 99 * "x/"],
)
def test_what_is_not_read_is_said(tmp_path: Path, pattern: str) -> None:
    """Files outside the folder, behind a link too, one that is not there, and patterns that could go on for ever."""
    conf = tmp_path / "conf"
    conf.mkdir()
    (tmp_path / "out.xml").write_text("secret")
    (conf / "link.xml").symlink_to(tmp_path / "out.xml")
    (conf / ROOT).write_text(f'<X-PRE-PROCESS cmd="include" data="{pattern.format(tmp_path)}"/>\n')

    reading = read(conf)

    assert reading.lines == []
    assert len(reading.unread) == 1


def test_a_pipe_is_passed_over(tmp_path: Path) -> None:
    """It would never end."""
    os.mkfifo(tmp_path / "pipe.xml")

    assert text_of(tmp_path, '<X-PRE-PROCESS cmd="include" data="pipe.xml"/>\nend') == "end"


@pytest.mark.parametrize("is_known_comment", [True, False])
def test_directives_in_comments_are_said(tmp_path: Path, is_known_comment: bool) -> None:
    """Those of a comment that began lines before, too; not those behind its end."""
    comment = "<!--\n" if is_known_comment else "<!-- -->\n"
    (tmp_path / ROOT).write_text(f'{comment}<X-PRE-PROCESS cmd="set" data="a=b"/>\n')

    assert [place.line for place in read(tmp_path).commented] == ([2] if is_known_comment else [])


@pytest.mark.parametrize(
    ("files", "said"),
    [
        pytest.param({"a.xml": b"a\0b"}, "a.xml: no text file", id="binary"),
        pytest.param({"a.xml": b"x" * 101}, "a.xml: larger than 100 bytes", id="a large file"),
        pytest.param({"a.xml": b"\n" * 20}, "a.xml:20: more than 20 lines", id="many lines"),
        pytest.param({"a.xml": b"x" * 90, "b.xml": b"x" * 90}, "b.xml: more than 150 bytes", id="many bytes"),
        pytest.param(
            {"a.xml": b'<X-PRE-PROCESS cmd="include" data="a.xml"/>'}, "a.xml:1: a.xml includes itself", id="loop"
        ),
        pytest.param(
            {
                "a.xml": b'<X-PRE-PROCESS cmd="include" data="c"/>',
                "c": b'\n<X-PRE-PROCESS cmd="include" data="*.xml"/>',
            },
            "c:2: a.xml includes itself",
            id="a loop of two",
        ),
    ],
)
def test_what_has_no_end_is_refused(
    tmp_path: Path, files: dict[str, bytes], said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the file, and the line of an include."""
    monkeypatch.setattr(preprocess, "MAX_FILE_BYTES", 100)
    monkeypatch.setattr(preprocess, "MAX_BYTES", 150)
    monkeypatch.setattr(preprocess, "MAX_LINES", 20)
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / ROOT).write_text('<X-PRE-PROCESS cmd="include" data="[ab].xml"/>')

    with pytest.raises(ConfigurationError, match=said.replace("*", ".")):
        read(tmp_path)


def test_variables_that_hold_one_another_come_to_an_end(tmp_path: Path) -> None:
    """Forty lines would fill any memory."""
    double = '<X-PRE-PROCESS cmd="set" data="a=$${a}$${a}"/>\n'
    (tmp_path / ROOT).write_text('<X-PRE-PROCESS cmd="set" data="a=ab"/>\n' + 40 * double)

    with pytest.raises(ConfigurationError, match=r"freeswitch\.xml:2[01]: longer than"):
        read(tmp_path)


def test_all_lines_together_come_to_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A long value, many times."""
    monkeypatch.setattr(preprocess, "MAX_BYTES", 10_000)
    (tmp_path / ROOT).write_text(f'<X-PRE-PROCESS cmd="set" data="a={"x" * 5_000}"/>\n$${{a}}\n$${{a}}\n')

    with pytest.raises(ConfigurationError, match=r"freeswitch\.xml:3: more than 10000 characters"):
        read(tmp_path)


@pytest.mark.parametrize("name", ["nosuch", "empty", "empty/file", "linked"])
def test_a_folder_without_a_configuration_is_refused(tmp_path: Path, name: str) -> None:
    """A wrong path is the likeliest mistake."""
    (tmp_path / "empty").mkdir()
    (tmp_path / "empty" / "file").touch()
    (tmp_path / "linked").mkdir()
    (tmp_path / "linked" / ROOT).symlink_to(tmp_path / "empty" / "file")

    with pytest.raises(ConfigurationError, match=name):
        read(tmp_path / name)


def test_a_file_that_can_not_be_read_is_named(tmp_path: Path) -> None:
    """FreeSWITCH would go on without it; who checks has to know."""
    (tmp_path / "gone.xml").symlink_to(tmp_path / "nowhere")
    (tmp_path / ROOT).write_text('<X-PRE-PROCESS cmd="include" data="g*.xml"/>')

    with pytest.raises(ConfigurationError, match="can't be read: No such file"):
        read(tmp_path)
