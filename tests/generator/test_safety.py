"""Whose target it is."""

from __future__ import annotations

import json
import socket

import pytest

from perfanalysis.errors import ConfigError, UsageError
from perfanalysis.generator.safety import (
    find_targets,
    is_own_address,
    is_remembered,
    refuse_strangers,
    remember,
    state_file,
)

ADDRESSES = {
    "shop.test": ["93.184.216.34"],
    "intranet.test": ["10.1.2.3", "fd00::7"],
    "mixed.test": ["10.1.2.3", "93.184.216.34"],
}


def resolve(host: str, port: int) -> list[str]:
    del port
    if host not in ADDRESSES:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    return ADDRESSES[host]


def targets(*urls: str):
    return find_targets(urls, resolve=resolve)


@pytest.fixture(autouse=True)
def _own_state(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.9.9.9",
        "10.0.0.1",
        "172.31.255.255",
        "192.168.0.1",
        "::1",
        "fd12::1",
        "fe80::1%eth0",
        "::ffff:192.168.1.1",
        "0.0.0.0",
        "::",
    ],
)
def test_loopback_and_private_addresses_are_ones_own(address):
    assert is_own_address(address)


@pytest.mark.parametrize(
    "address",
    [
        "8.8.8.8",
        "172.32.0.1",
        "169.254.169.254",
        "100.64.0.1",
        "2001:4860::8888",
        "224.0.0.1",
        "::ffff:8.8.8.8",
        "64:ff9b::a00:1",
        "192.0.2.1",
        "255.255.255.255",
        "localhost",
    ],
)
def test_all_other_addresses_are_not(address):
    assert not is_own_address(address)


def test_every_address_of_a_name_must_be_ones_own():
    found = targets("http://intranet.test", "http://mixed.test:8080/x", "http://shop.test")
    assert [(target.host, target.is_own) for target in found] == [
        ("intranet.test", True),
        ("mixed.test", False),
        ("shop.test", False),
    ]


def test_hosts_are_named_once_with_the_port_of_their_first_url():
    found = find_targets(
        ["https://a.test/x", "http://a.test:81", "ws://b.test", "http://[::1]:9"],
        resolve=lambda host, _: ["::1" if host == "::1" else "10.0.0.1"],
    )
    assert [(t.host, t.port) for t in found] == [("a.test", 443), ("b.test", 80), ("::1", 9)]


def test_addresses_need_no_resolver():
    assert [target.is_own for target in find_targets(["http://127.0.0.1:8000"])] == [True]


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("http://shop.test", "shop.test is at 93.184.216.34"),
        ("http://mixed.test", "mixed.test is at 93.184.216.34"),
        ("http://nowhere.test", "nowhere.test does not resolve (Name or service not known)"),
    ],
)
def test_a_public_target_needs_a_word(url, found):
    with pytest.raises(UsageError) as told:
        refuse_strangers(targets("http://intranet.test", url), is_agreed=False)
    assert told.value.message.startswith(found)
    assert "--i-own-this-target" in str(told.value.hint)


def test_public_hosts_that_are_agreed_to_are_named_and_no_others():
    found = targets("http://intranet.test", "http://shop.test")
    assert refuse_strangers(found, is_agreed=True) == {"shop.test"}
    assert refuse_strangers(targets("http://intranet.test"), is_agreed=False) == frozenset()


def test_the_word_is_remembered_for_the_file_and_its_hosts(tmp_path):
    scenario, shop = tmp_path / "a.yml", targets("http://shop.test", "http://intranet.test")
    assert not is_remembered(scenario, shop)
    remember(scenario, shop)
    remember(tmp_path / "b.yml", shop)
    assert is_remembered(scenario, shop)
    assert is_remembered(scenario, targets("http://shop.test:8080"))
    assert not is_remembered(tmp_path / "c.yml", shop)
    assert not is_remembered(scenario, targets("http://mixed.test"))


def test_the_state_tells_neither_files_nor_hosts(tmp_path):
    remember(tmp_path / "secret-project.yml", targets("http://shop.test"))
    text = state_file().read_text()
    assert len(json.loads(text)) == 1
    assert "shop" not in text
    assert "secret" not in text


@pytest.mark.parametrize("content", ["", "{}", "[1, null]", "[" * 100_000, "\x00"])
def test_a_damaged_state_forgets_and_is_mended(tmp_path, content):
    state_file().parent.mkdir(parents=True)
    state_file().write_text(content)
    shop = targets("http://shop.test")
    assert not is_remembered(tmp_path / "a.yml", shop)
    remember(tmp_path / "a.yml", shop)
    assert is_remembered(tmp_path / "a.yml", shop)


def test_a_state_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "state").write_text("a file where a folder should be")
    with pytest.raises(ConfigError, match="cannot be written") as told:
        remember(tmp_path / "a.yml", targets("http://shop.test"))
    assert "i_own_this_target: true" in str(told.value.hint)


def test_a_relative_state_folder_is_ignored(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_STATE_HOME", "relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert state_file() == tmp_path / ".local/state/perfanalysis/owned_targets.json"
