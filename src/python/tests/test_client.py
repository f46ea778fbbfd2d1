from __future__ import annotations

import http.server
import threading
from datetime import datetime, timedelta, timezone

import pytest
from conftest import call

from chaseremu import ChaserEmulator, ChaserEmulatorError, JournalVerificationError

LIMITED = {"type": "status", "code": "rate_limited", "retry_after": 7}


def test_advance_returns_the_sessions_that_ended(emulator, create):
    session = create(ttl_seconds=60)

    move = emulator.clock.advance(timedelta(minutes=2))

    change = next(change for change in move["transitions"] if change["session_id"] == session["id"] and change["status"] == "closed")
    assert change["ended_reason"] == "ttl_expired"


def test_the_clock_can_be_frozen_set_and_run(emulator, emulator_clock):
    assert emulator_clock.freeze()["frozen"]
    now = emulator_clock.now()
    assert now.tzinfo == timezone.utc and emulator_clock.now() == now

    emulator_clock.set(now + timedelta(seconds=1))
    assert emulator_clock.now() == now + timedelta(seconds=1)

    emulator_clock.set((now + timedelta(seconds=2)).isoformat())
    emulator_clock.advance(0.5)
    assert emulator_clock.now() == now + timedelta(seconds=2.5)

    assert emulator_clock.run(60)["rate"] == 60
    assert (emulator_clock.get()["rate"], emulator_clock.get()["frozen"]) == (60, False)


def test_a_time_without_time_zone_is_rejected(emulator):
    with pytest.raises(ValueError, match="has no time zone"):
        emulator.clock.set(datetime(2100, 1, 1))


def test_an_invalid_call_raises_the_problem_of_the_emulator(emulator):
    with pytest.raises(ChaserEmulatorError, match="the clock never goes back") as raised:
        emulator.clock.set("2000-01-01T00:00:00Z")

    assert raised.value.status == 400
    assert raised.value.detail == str(raised.value)


def test_a_fault_fires_and_counts(emulator, key):
    rule = emulator.faults.add({"match": {"key": key, "method": "POST"}, "effect": LIMITED, "count": 1})
    assert (rule.effect["type"], rule.count, rule.probability, rule.enabled, rule.match["method"]) == ("status", 1, 1, True, "POST")

    assert [call(emulator.address, key, "POST", "/v1/sessions", {})[0] for _ in range(2)] == [429, 201]

    assert (rule.refresh().fired, rule.fired) == (1, 0)
    assert rule.id in [listed.id for listed in emulator.faults.list()]


def test_a_fault_is_deleted_at_the_end_of_its_block(emulator, key):
    with emulator.faults.add({"match": {"key": key}, "effect": LIMITED}) as rule:
        assert call(emulator.address, key, "GET", "/v1/sessions")[0] == 429
    assert call(emulator.address, key, "GET", "/v1/sessions")[0] == 200

    rule.delete()
    with pytest.raises(ChaserEmulatorError) as raised:
        emulator.faults.delete(rule.id)
    assert raised.value.status == 404


def test_a_disabled_fault_does_not_fire(emulator, key):
    rule = emulator.faults.add({"match": {"key": key}, "effect": LIMITED})

    assert not emulator.faults.set_enabled(rule.id, False).enabled

    assert call(emulator.address, key, "GET", "/v1/sessions")[0] == 200


def test_several_faults_are_added_as_a_whole(emulator, key):
    with pytest.raises(ChaserEmulatorError, match="seconds") as raised:
        emulator.faults.add_all([{"match": {"key": key}, "effect": LIMITED}, {"effect": {"type": "delay", "seconds": -1}}])
    assert raised.value.status == 400
    assert call(emulator.address, key, "GET", "/v1/sessions")[0] == 200

    added = emulator.faults.add_all([{"match": {"key": key, "nth": 1}, "effect": LIMITED}, {"match": {"key": key}, "effect": {"type": "unavailable"}}])
    assert [call(emulator.address, key, "GET", "/v1/sessions")[0] for _ in added] == [429, 503]


def test_a_preset_adds_its_rules(emulator, key):
    assert "rate_limit_storm" in [preset["name"] for preset in emulator.faults.presets()]

    rules = emulator.faults.add_preset("rate_limit_storm", {"key": key})

    assert [(rule.effect["type"], rule.count) for rule in rules] == [("status", 10)]
    assert call(emulator.address, key, "POST", "/v1/sessions", {})[0] == 429


def test_the_journal_lists_and_deletes_calls(emulator, key, create):
    session = create(ttl_seconds=60)
    page = emulator.journal.query({"key": key, "operation": "createSession"})
    call(emulator.address, key, "GET", f"/v1/sessions/{session['id']}")

    assert [(entry["status"], entry["request_body"]) for entry in page["entries"]] == [(201, {"ttl_seconds": 60})]
    assert [entry["method"] for entry in emulator.journal.query({"key": key}, since=page["newest"])["entries"]] == ["GET"]
    assert len(emulator.journal.query({"key": key}, limit=1)["entries"]) == 1

    emulator.journal.delete(key=key)
    assert emulator.journal.query({"key": key})["entries"] == []


def test_verify_returns_the_number_of_calls(emulator, key, create):
    create(ttl_seconds=60)
    match = {"key": key, "body": {"ttl_seconds": 60}}

    assert [emulator.journal.verify(match, exactly=1), emulator.journal.verify(match, at_least=1), emulator.journal.verify(match, at_most=2)] == [1, 1, 1]
    assert emulator.journal.verify(match, exactly=0, since=emulator.journal.query({"key": key})["newest"]) == 0


def test_a_failed_verification_prints_the_closest_calls(emulator, key, create):
    create(ttl_seconds=60)

    with pytest.raises(AssertionError) as raised:
        emulator.journal.verify({"key": key, "operation": "createSession", "body": {"ttl_seconds": 1800}}, exactly=1)

    error = raised.value
    assert isinstance(error, JournalVerificationError)
    assert (error.status, error.count, error.expected) == (422, 0, "exactly 1")
    [closest] = error.closest
    assert str(error).splitlines()[1:] == [f"  #{closest.sequence} POST /v1/sessions → 201: body.ttl_seconds was 60 and not 1800"]


def test_verify_raises_409_if_the_journal_cannot_decide(key):
    with ChaserEmulator.start({"Journal:Capacity": 1}) as emulator:
        for _ in range(2):
            call(emulator.address, key, "GET", "/v1/sessions")

        with pytest.raises(ChaserEmulatorError, match="evicted") as raised:
            emulator.journal.verify({"key": key}, exactly=2)

    assert raised.value.status == 409
    assert not isinstance(raised.value, AssertionError)


def test_verify_needs_an_expected_number(emulator, key):
    with pytest.raises(ChaserEmulatorError, match="exactly, at_least, at_most") as raised:
        emulator.journal.verify({"key": key})
    assert raised.value.status == 400


def test_deviations_are_listed(emulator, key, create):
    create(ttl=60)

    [entry] = emulator.journal.deviations(key=key)["entries"]

    assert [deviation["kind"] for deviation in entry["deviations"]] == ["unknown_field"]


def test_sessions_are_inspected_and_ended(emulator, create):
    first, second = create(), create()
    inspection = emulator.sessions.get(first["id"])
    workspace = inspection["workspace_id"]
    assert (inspection["test_mode"], inspection["cdp_connections"]) == (True, 0)

    assert emulator.sessions.end(first["id"], "substrate_down")["ended_reason"] == "substrate_down"

    assert [session["session_id"] for session in emulator.sessions.list(workspace=workspace)] == [second["id"]]
    assert [session["session_id"] for session in emulator.sessions.list(workspace=workspace, status="ended")] == [first["id"]]
    assert [session["session_id"] for session in emulator.sessions.list(key_id=inspection["key_id"], status="ended")] == [first["id"]]
    assert emulator.sessions.failed_requests(second["id"]) == []
    with pytest.raises(ChaserEmulatorError) as raised:
        emulator.sessions.end(first["id"], "substrate_down")
    assert raised.value.status == 409
    with pytest.raises(ChaserEmulatorError) as raised:
        emulator.sessions.frame(second["id"])
    assert raised.value.status == 404


def test_a_workspace_without_balance_gets_402(emulator, key, create):
    workspace = emulator.sessions.get(create()["id"])["workspace_id"]

    assert emulator.workspaces.update(workspace, {"balance_micro_usd": 0, "limits": {"concurrent": 2}})["limits"]["concurrent"] == 2

    assert emulator.workspaces.get(workspace)["balance_micro_usd"] == 0
    assert workspace in [listed["id"] for listed in emulator.workspaces.list()]
    assert call(emulator.address, key, "POST", "/v1/sessions", {})[0] == 402


def test_a_reset_of_a_key_leaves_other_keys(emulator, key, create):
    other = emulator.new_key()
    kept = call(emulator.address, other, "POST", "/v1/sessions", {})[1]
    create()

    assert emulator.reset(key) == {"workspaces": 1, "sessions": 1}

    assert call(emulator.address, key, "GET", "/v1/sessions")[1]["data"] == []
    assert [session["id"] for session in call(emulator.address, other, "GET", "/v1/sessions")[1]["data"]] == [kept["id"]]


def test_state_is_exported_imported_and_reset():
    with ChaserEmulator.start() as emulator:
        key = emulator.new_key()
        session = call(emulator.address, key, "POST", "/v1/sessions", {})[1]
        document = emulator.state.export()

        assert emulator.reset()["sessions"] == 1
        assert emulator.sessions.list(status="ended") == []
        assert emulator.state.import_(document)["abandoned"] == 1
        assert emulator.sessions.get(session["id"])["ended_reason"] == "abandoned_orphan"

        emulator.state.import_({"version": 1, "workspaces": [{"key": key, "balance_micro_usd": 0}]})
        assert call(emulator.address, key, "POST", "/v1/sessions", {})[0] == 402


def test_a_control_token_is_sent():
    with ChaserEmulator.start({"Control:Token": "only for tests"}) as emulator:
        assert ChaserEmulator.connect(emulator.address, "only for tests").clock.get() is not None
        with pytest.raises(ChaserEmulatorError, match="Control:Token") as raised:
            ChaserEmulator.connect(emulator.address).clock.get()
    assert raised.value.status == 401


@pytest.mark.parametrize("act", [
    lambda emulator, **shared: emulator.clock.advance(1, **shared),
    lambda emulator, **shared: emulator.clock.set(emulator.clock.now() + timedelta(seconds=60), **shared),
    lambda emulator, **shared: emulator.clock.freeze(**shared),
    lambda emulator, **shared: emulator.clock.run(2, **shared),
    lambda emulator, **shared: emulator.faults.delete_all(**shared),
    lambda emulator, **shared: emulator.journal.delete(**shared),
    lambda emulator, **shared: emulator.journal.cdp.delete(**shared),
    lambda emulator, **shared: emulator.journal.cdp.record("headers", **shared),
    lambda emulator, **shared: emulator.state.import_({"version": 1}, **shared),
    lambda emulator, **shared: emulator.reset(**shared),
])
def test_calls_that_affect_others_are_refused_on_a_shared_emulator(other_emulator, act):
    shared = ChaserEmulator.connect(other_emulator.address, shared=True)
    before = other_emulator.clock.get()

    with pytest.raises(ChaserEmulatorError, match="Pass shared=True if that is intended"):
        act(shared)

    assert (other_emulator.clock.get()["rate"], other_emulator.clock.get()["frozen"]) == (before["rate"], before["frozen"])
    act(shared, shared=True)
    act(other_emulator)


@pytest.fixture(scope="module")
def other_emulator():
    with ChaserEmulator.start() as emulator:
        yield emulator


def test_calls_about_one_key_are_allowed_on_a_shared_emulator(other_emulator, key):
    shared = ChaserEmulator.connect(other_emulator.address, shared=True)

    shared.journal.cdp.record("headers", key=key)
    shared.journal.cdp.delete(key=key)
    shared.journal.delete(key=key)
    shared.reset(key)


def test_keys_are_unique_and_say_their_mode(emulator):
    assert emulator.new_key() != emulator.new_key()
    assert emulator.new_key().startswith("cha_test_")
    assert emulator.new_key(test_mode=False).startswith("cha_live_")


def test_an_address_without_emulator_is_named():
    with pytest.raises(ChaserEmulatorError, match="No emulator answers at http://127.0.0.1:9 .*refused") as raised:
        ChaserEmulator.connect("http://127.0.0.1:9/").clock.get()
    assert raised.value.status is None


def test_a_server_that_is_no_emulator_is_named():
    server = http.server.HTTPServer(("127.0.0.1", 0), http.server.BaseHTTPRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with pytest.raises(ChaserEmulatorError, match="Check that this is the address of an emulator") as raised:
            ChaserEmulator.connect(f"http://127.0.0.1:{server.server_port}").clock.get()
        assert raised.value.status == 501
    finally:
        server.shutdown()
        server.server_close()
