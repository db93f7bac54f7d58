"""What a switch is told, and what its answers mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from management.effects import Effects
from management.esl import commands
from management.esl.errors import SwitchNotReady, SwitchRefused, UnsafeArgument

PROFILES = ("internal", "external")
USER = ("1001", "pbx.test")


def lines(effects: Effects) -> list[str]:
    return [command.line for command in commands.commands_for(effects, PROFILES)]


def test_a_changed_extension_is_flushed_under_every_name_and_key() -> None:
    """Number, alias and sign-in name, as `id` and as `number-alias`, always with the domain."""
    effects = Effects(flush_users=frozenset({USER, ("2001", "pbx.test"), ("alice", "pbx.test")}))

    assert lines(effects) == [
        "xml_flush_cache id 1001 pbx.test",
        "xml_flush_cache number-alias 1001 pbx.test",
        "xml_flush_cache id 2001 pbx.test",
        "xml_flush_cache number-alias 2001 pbx.test",
        "xml_flush_cache id alice pbx.test",
        "xml_flush_cache number-alias alice pbx.test",
    ]


def test_a_changed_password_drops_after_the_flush() -> None:
    """The other order would let the phone sign in with the old one again."""
    effects = Effects(flush_users=frozenset({USER}), drop_registrations=frozenset({USER}))

    assert lines(effects)[2:] == [
        "sofia profile internal flush_inbound_reg 1001@pbx.test",
        "sofia profile external flush_inbound_reg 1001@pbx.test",
    ]


def test_a_tenant_wide_change_is_one_bare_flush() -> None:
    """A merged user holds what its domain says."""
    effects = Effects(flush_all=True, flush_users=frozenset({USER}), drop_domains=frozenset({"pbx.test"}))

    assert lines(effects) == [
        "xml_flush_cache",
        "sofia profile internal flush_inbound_reg @pbx.test",
        "sofia profile external flush_inbound_reg @pbx.test",
    ]


def test_static_configuration() -> None:
    assert lines(Effects(reloadxml=True, rescan=True)) == [
        "reloadxml",
        "sofia profile internal rescan",
        "sofia profile external rescan",
    ]


def test_a_changed_gateway_is_dropped_before_it_is_read_anew() -> None:
    """A rescan leaves alone what is there; the addresses that calls come from are read on their own."""
    assert lines(Effects(gateways=frozenset({12, 7}), reloadacl=True)) == [
        "reloadacl",
        "sofia profile external killgw g7",
        "sofia profile external killgw g12",
        "sofia profile internal rescan",
        "sofia profile external rescan",
    ]


def test_a_switch_without_the_profile_of_gateways_has_none_to_drop() -> None:
    """It would answer "Invalid Profile" until the change is given up."""
    planned = commands.commands_for(Effects(gateways=frozenset({7})), ("internal",))

    assert [command.line for command in planned] == ["sofia profile internal rescan"]


def test_who_left_a_queue_is_dropped_before_it_is_read_anew() -> None:
    """Reading it adds who is new, and whoever came back; it drops nobody."""
    effects = Effects(
        reload_queues=frozenset({"7@pbx.test"}),
        unload_queues=frozenset({"8@pbx.test"}),
        drop_tiers=frozenset({("7@pbx.test", "1001@pbx.test")}),
        drop_agents=frozenset({USER}),
    )

    assert lines(effects) == [
        "callcenter_config tier del 7@pbx.test 1001@pbx.test",
        "callcenter_config agent del 1001@pbx.test",
        "callcenter_config queue unload 8@pbx.test",
        "callcenter_config queue reload 7@pbx.test",
    ]
    assert effects.concerns_switches


@pytest.mark.parametrize("reply", ["+OK\n", "-ERR callcenter_config Command not found!\n"])
def test_a_queue_is_done_with(reply: str) -> None:
    """A switch without mod_callcenter has none."""
    assert commands.check_queue(reply) == 0


def test_a_queue_that_was_not_found_is_tried_again() -> None:
    """The lookups did not answer just then."""
    with pytest.raises(SwitchNotReady):
        commands.check_queue("-ERR Invalid Queue not found!\n")


@pytest.mark.parametrize("reply", ["-ERR Invalid!\n", "", "-ERR no reply\n"])
def test_another_answer_about_a_queue_is_a_refusal(reply: str) -> None:
    with pytest.raises(SwitchRefused):
        commands.check_queue(reply)


def test_a_pin_set_by_phone_is_overwritten_with_one_nobody_knows() -> None:
    """Twenty random digits, another each time."""
    one, other = (lines(Effects(reset_pins=frozenset({USER})))[0] for _ in range(2))

    head, _, pin = one.rpartition(" ")
    assert head == "vm_fsdb_pref_password_set default pbx.test 1001"
    assert len(pin) == 20
    assert pin.isdigit()
    assert one != other


@pytest.mark.parametrize(
    "text",
    ["", " ", "1001 internal", "1001\n", "1001\r", "a\tb", "a\0b", "'", '"', "a\\b", "é", "\x7f"],
)
@pytest.mark.parametrize(
    "make",
    [
        pytest.param(lambda text: commands.flush_user(text, "pbx.test"), id="name"),
        pytest.param(lambda text: commands.flush_user("1001", text), id="domain"),
        pytest.param(lambda text: commands.drop_user("internal", text, "pbx.test"), id="dropped name"),
        pytest.param(lambda text: commands.drop_user(text, "1001", "pbx.test"), id="profile"),
        pytest.param(lambda text: commands.drop_domain("internal", text), id="dropped domain"),
        pytest.param(lambda text: commands.drop_call("internal", text), id="Call-ID"),
        pytest.param(lambda text: commands.reset_pin(text, "pbx.test"), id="mailbox"),
        pytest.param(commands.rescan, id="rescanned profile"),
    ],
)
def test_what_would_be_read_as_something_else_is_refused(make: object, text: str) -> None:
    """Before anything is sent: `flush_inbound_reg` without its argument drops everybody."""
    assert callable(make)
    with pytest.raises(UnsafeArgument):
        make(text)


def test_a_dropped_address_has_one_at_sign() -> None:
    """`1001@victim.test@pbx.test` would be read as another user's."""
    with pytest.raises(UnsafeArgument):
        commands.drop_user("internal", "1001@victim.test", "pbx.test")


@pytest.mark.parametrize("call_id", ["reboot", "REBOOT"])
def test_a_call_id_named_like_an_option_is_refused(call_id: str) -> None:
    """`flush_inbound_reg reboot` restarts every phone."""
    with pytest.raises(UnsafeArgument):
        commands.drop_call("internal", call_id)


@pytest.mark.parametrize(
    ("call_id", "also"),
    [
        pytest.param("3amprdfc5nj6h39b@lab", ("3amprdfc5nj6h39b", "lab"), id="an ordinary one"),
        pytest.param("1001@victim.test", ("1001", "victim.test"), id="somebody's address"),
        pytest.param("victim.test", (None, "victim.test"), id="a whole domain"),
        pytest.param("@victim.test", (None, "victim.test"), id="a whole domain, otherwise written"),
    ],
)
def test_what_else_a_call_id_would_drop(call_id: str, also: tuple[str | None, str]) -> None:
    """The phone chooses it; sofia also reads it as an address."""
    assert commands.reads_as(call_id) == also


# Many changes at once.


def test_rows_share_a_command() -> None:
    """Five changes of one extension flush it once, and each of them learns the outcome."""
    plans = {row: commands.flush_user(*USER) for row in range(5)}

    assert commands.together(plans) == {command: frozenset(range(5)) for command in commands.flush_user(*USER)}


def test_reloadxml_is_sent_once() -> None:
    """Whoever asked for it."""
    plans = {row: [commands.reload_xml()] for row in ("a", "b")}

    assert commands.together(plans) == {commands.reload_xml(): frozenset({"a", "b"})}


def test_one_rescan_follows_all_the_gateways_that_were_dropped() -> None:
    """Of several rows: one that came between would leave the last gateway out."""
    plans = {row: commands.commands_for(Effects(gateways=frozenset({row})), ("external",)) for row in (1, 2)}

    sent = commands.together(plans)

    assert [command.line for command in sent] == [
        "sofia profile external killgw g1",
        "sofia profile external killgw g2",
        "sofia profile external rescan",
    ]
    assert sent[commands.rescan("external")] == {1, 2}


def test_an_agent_gets_its_status_after_every_reload() -> None:
    """A switch knows a new agent by its queue, which a later row may move behind the status."""
    reload = Effects(reload_queues=frozenset({"17@a.test"}))
    logged_in = commands.set_agent("1001", "a.test", "available")
    plans = {
        "joins": [*commands.commands_for(reload, ()), logged_in],
        "joins too": commands.commands_for(reload, ()),
    }

    sent = commands.together(plans)

    assert [*sent.items()] == [
        (commands.reload_queue("17@a.test"), frozenset({"joins", "joins too"})),
        (logged_in, frozenset({"joins"})),
    ]


def test_an_import_becomes_one_bare_flush() -> None:
    """Rows that flush nothing have no part in it, and drops stay single, after it."""
    plans = {
        n: [*commands.flush_user(str(n), "a.test"), commands.drop_user("internal", str(n), "a.test")] for n in range(40)
    }
    plans[99] = [commands.reload_xml()]

    sent = commands.together(plans)

    assert [command.line for command in sent][:1] == ["xml_flush_cache"]
    assert sent[commands.flush_all()] == frozenset(range(40))
    assert len(sent) == 1 + 40 + 1


@given(st.dictionaries(st.integers(0, 9), st.lists(st.integers(0, 60), max_size=9), max_size=9))
def test_no_row_loses_its_flush(wanted: dict[int, list[int]]) -> None:
    """Single or bare, each row that needs a flush has one, before every other command."""
    plans = {
        row: [c for n in numbers for c in commands.flush_user(str(n), "a.test")] for row, numbers in wanted.items()
    }

    sent = commands.together(plans)

    for row, numbers in wanted.items():
        told = [command.line for command, rows in sent.items() if row in rows]
        assert all("xml_flush_cache" in told or f"xml_flush_cache id {n} a.test" in told for n in numbers)
    assert len(sent) <= commands.FLUSH_ALL_ABOVE


# Replies.


@pytest.mark.parametrize(
    ("reply", "entries"),
    [("+OK cleared 0 entries\n", 0), ("+OK cleared 1 entry\n", 1), ("+OK cleared 17 entries\n", 17)],
)
def test_a_flush_tells_how_many_entries_it_cleared(reply: str, entries: int) -> None:
    assert commands.check_flush(reply) == entries


@pytest.mark.parametrize(
    "reply", ["", "+OK\n", "-ERR permission denied", "+OK cleared many entries", "+OK cleared 1 entry x"]
)
def test_another_reply_to_a_flush_is_refused(reply: str) -> None:
    with pytest.raises(SwitchRefused):
        commands.check_flush(reply)


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param("+OK [[error near line 3]: mismatched tag]\n", id="parse error inside +OK"),
        pytest.param("+OK [Cannot Open log directory or XML Root!]\n", id="no root file"),
        pytest.param("-ERR permission denied\n", id="not allowed"),
        pytest.param("", id="nothing"),
    ],
)
def test_a_failed_reload_is_refused(reply: str) -> None:
    """Every reply but Success is final, even one that starts with +OK."""
    with pytest.raises(SwitchRefused):
        commands.check_reload(reply)


def test_a_reload_that_worked() -> None:
    assert commands.check_reload("+OK [Success]\n") == 0


@pytest.mark.parametrize(
    "reply",
    [
        pytest.param("Reload XML [[error near line 3]]\n+OK scan complete\n", id="scanned the old XML"),
        pytest.param(
            "Reload XML [Success]\n-ERR cannot find config for profile internal\n", id="no such profile in it"
        ),
    ],
)
def test_a_failed_rescan_is_refused(reply: str) -> None:
    """Both of its lines must be good."""
    with pytest.raises(SwitchRefused):
        commands.check_rescan(reply)


def test_a_rescan_that_worked() -> None:
    assert commands.check_rescan("Reload XML [Success]\n+OK scan complete\n") == 0


def test_a_drop_says_ok_whether_or_not_somebody_was_there() -> None:
    assert commands.check_drop("+OK flushing all registrations matching specified call_id\n") == 0


@pytest.mark.parametrize("reply", ["-ERR permission denied\n", "", "+OK\n"])
def test_another_reply_to_a_drop_is_refused(reply: str) -> None:
    with pytest.raises(SwitchRefused):
        commands.check_drop(reply)


@pytest.mark.parametrize("reply", ["+OK gateway marked for deletion.\n", "-ERR no such gateway.\n"])
def test_a_gateway_is_gone(reply: str) -> None:
    """Whether it was there or not: a command that is sent again finds nothing."""
    assert commands.check_drop_gateway(reply) == 0


@pytest.mark.parametrize("reply", ["-ERR missing gw name\n", "+OK every gateway marked for deletion.\n", "", "+OK\n"])
def test_another_reply_about_a_gateway_is_refused(reply: str) -> None:
    with pytest.raises(SwitchRefused):
        commands.check_drop_gateway(reply)


def test_lists_of_addresses_that_were_read() -> None:
    assert commands.check_reload_acl("+OK acl reloaded\n") == 0


@pytest.mark.parametrize("reply", ["-ERR [[error near line 3]: mismatched tag]\n", "", "+OK\n"])
def test_lists_of_addresses_that_were_not_read_are_refused(reply: str) -> None:
    with pytest.raises(SwitchRefused):
        commands.check_reload_acl(reply)


@pytest.mark.parametrize("reply", ["-OK\n", "-ERR vm_fsdb_pref_password_set Command not found!\n"])
def test_a_pin_is_reset(reply: str) -> None:
    """Success is spelled "-OK"; without mod_voicemail there is no mailbox."""
    assert commands.check_reset_pin(reply) == 0


@pytest.mark.parametrize("reply", ["-ERR Profile not found\n", "-ERR Missing Arguments\n"])
def test_a_pin_that_was_not_reset_is_refused(reply: str) -> None:
    with pytest.raises(SwitchRefused, match="-ERR"):
        commands.check_reset_pin(reply)


@pytest.mark.parametrize(
    "check",
    [
        commands.check_flush,
        commands.check_drop,
        commands.check_reload,
        commands.check_rescan,
        commands.check_drop_gateway,
        commands.check_reload_acl,
    ],
)
@pytest.mark.parametrize("reply", ["-ERR sofia Command not found!\n", "Invalid Profile [internal]", "-ERR no reply\n"])
def test_a_switch_that_is_still_starting_is_asked_again(check: object, reply: str) -> None:
    """The event socket answers before mod_sofia does."""
    assert callable(check)
    with pytest.raises(SwitchNotReady) as failure:
        check(reply)

    assert failure.value.retry
