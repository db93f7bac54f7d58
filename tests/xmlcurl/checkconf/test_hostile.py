"""Whatever stands in the files: findings, or one clear error."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.xmlcurl.checkconf.sample import FILES, Sample
from xmlcurl.checkconf.errors import ConfigurationError
from xmlcurl.checkconf.report import as_json, check

PIECES = st.sampled_from(
    [
        "<", ">", "/>", "</", "<!--", "-->", "<!--#", "<![CDATA[", "]]>", "<!DOCTYPE", "[", "<?", '"', "'", "=", " ",
        "\n", "\r", "&#x41;", "&amp;", "$${", "}", "$${conf_dir}", "$${secret}", "\ue000", "İ", "\ud800", "../", "**/",
        "[!", '<X-PRE-PROCESS cmd="set" data="a=b"/>\n', '<X-PRE-PROCESS cmd="include" data="', '*.xml"/>\n', "name",
        '<section name="directory">', "</section>", '<user id="1">', "</user>", "value", "param", "x-pre-process",
        '<param name="timeout" value="', '<param name="gateway-url" value="https://[', "file:", "0.0.0.0/0", "::/0",
    ]
)  # fmt: skip
TEXTS = st.lists(PIECES | st.text(max_size=8)).map("".join)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    return Sample(tmp_path_factory.mktemp("conf"))


def says_something(sample: Sample, name: str, content: bytes) -> bool:
    """Whether there is a report, or the one error that there may be, when `content` stands in that file."""
    sample.write(name, content)
    try:
        return bool(as_json(check(sample.folder)))
    except ConfigurationError as exc:
        return bool(str(exc))
    finally:
        sample.write(name, FILES[name])


@given(name=st.sampled_from(sorted(FILES)), text=TEXTS, at=st.integers(0, 500), is_inserted=st.booleans())
@example(name="vars.xml", text='<X-PRE-PROCESS cmd="include" data="[z-a]*"/>', at=0, is_inserted=False)
@example(name="vars.xml", text=f'<X-PRE-PROCESS cmd="include" data="{"x" * 5_000}"/>', at=0, is_inserted=False)
@example(name="vars.xml", text='<X-PRE-PROCESS cmd="include" data="~/*"/>', at=0, is_inserted=False)
def test_no_text_makes_it_stumble(written: Sample, name: str, text: str, at: int, is_inserted: bool) -> None:
    """A file of anything, or one with anything somewhere in it."""
    whole = FILES[name][:at] + text + FILES[name][at:] if is_inserted else text

    assert says_something(written, name, whole.encode("utf-8", "surrogatepass"))


@given(content=st.binary(max_size=200))
def test_no_bytes_make_it_stumble(written: Sample, content: bytes) -> None:
    """A file of another program, or a broken disk."""
    assert says_something(written, "vars.xml", content)
