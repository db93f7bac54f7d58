"""What the tests of check-conf share: a configuration without a fault."""

from pathlib import Path

import pytest

from tests.xmlcurl.checkconf.sample import Sample


@pytest.fixture
def sample(tmp_path: Path) -> Sample:
    folder = tmp_path / "conf"
    folder.mkdir()
    return Sample(folder)
