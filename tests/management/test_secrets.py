"""Secrets are random, hashed as FreeSWITCH does, and encrypted under keys that nobody else may read."""

import os
import re
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography.fernet import Fernet
from pydantic import SecretStr

from management.secrets import SecretUnreadable, Vault, a1_hash, generate_password, token_hash, vm_a1_hash
from management.settings import ManagementSettings
from xmlcurl.settings import SettingsError


def test_a_generated_password_is_24_alphanumeric_characters() -> None:
    """No two are equal, and every character occurs."""
    passwords = {generate_password() for _ in range(500)}

    assert len(passwords) == 500
    assert all(re.fullmatch(r"[0-9A-Za-z]{24}", each) for each in passwords)
    assert len(set("".join(passwords))) == 62


def test_hashes_are_those_that_freeswitch_makes() -> None:
    """md5 of name:domain:secret in lower-case hex; a colon in a password is one more character."""
    assert a1_hash("1001", "pbx.test", "a:b") == "a4db161fc0fbc4e2b3125627feb40cae"
    assert vm_a1_hash("1001", "pbx.test", "1234") == "a18a7ca5a3909e575c3f548aea2383e8"


def test_a_vault_reads_what_older_keys_wrote() -> None:
    """The first key encrypts; `rotate` brings an old secret under it."""
    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    written = Vault([old]).encrypt("sécret")

    both = Vault([new, old])
    rotated = both.rotate(written)

    assert both.decrypt(written) == "sécret"
    assert Vault([new]).decrypt(rotated) == "sécret"
    for unreadable in (Vault([new]).decrypt, Vault([new]).rotate):
        with pytest.raises(SecretUnreadable):
            unreadable(written)


def test_a_file_of_keys_is_made_for_the_owner_alone(tmp_path: Path) -> None:
    """0600 in a folder of 0700; the next start reads the same key."""
    settings = ManagementSettings(data_dir=tmp_path / "data")

    written = Vault.of(settings).encrypt("secret")

    assert Vault.of(settings).decrypt(written) == "secret"
    assert stat.S_IMODE((tmp_path / "data" / "secret.keys").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "data").stat().st_mode) == 0o700
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["secret.keys"]


def test_processes_that_start_together_share_one_key(tmp_path: Path) -> None:
    """The file appears whole, and the first one stays."""
    settings = ManagementSettings(data_dir=tmp_path / "data")

    with ThreadPoolExecutor(8) as pool:
        vaults = list(pool.map(lambda _: Vault.of(settings), range(8)))

    assert {vault.decrypt(vaults[0].encrypt("secret")) for vault in vaults} == {"secret"}


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660])
def test_a_file_that_others_read_is_refused(tmp_path: Path, mode: int) -> None:
    """Who reads the keys reads every SIP password."""
    path = tmp_path / "secret.keys"
    path.write_bytes(Fernet.generate_key())
    path.chmod(mode)

    with pytest.raises(SettingsError, match="chmod 600"):
        Vault.of(ManagementSettings(data_dir=tmp_path))


@pytest.mark.parametrize("keys", ["", "short", f"{'A' * 43}=,short"], ids=["none", "short", "the second short"])
def test_what_is_no_key_stops_the_start(tmp_path: Path, keys: str) -> None:
    """The message names the variable; no part of a key is in it, or in what caused it."""
    settings = ManagementSettings(data_dir=tmp_path, secret_keys=SecretStr(keys))

    with pytest.raises(SettingsError, match="XMLCURL_SECRET_KEYS") as caught:
        Vault.of(settings)

    assert "short" not in str(caught.value)
    assert caught.value.__cause__ is None
    assert not (tmp_path / "secret.keys").exists()


def test_an_umask_makes_no_difference(tmp_path: Path) -> None:
    """Whatever the process inherited."""
    before = os.umask(0)
    try:
        Vault.of(ManagementSettings(data_dir=tmp_path / "data"))
    finally:
        os.umask(before)

    assert stat.S_IMODE((tmp_path / "data" / "secret.keys").stat().st_mode) == 0o600


def test_a_token_s_hash_tells_nothing_of_it() -> None:
    """SHA-256 in hex, as long as its column."""
    assert len(token_hash("x" * 40)) == 64
