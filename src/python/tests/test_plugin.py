from __future__ import annotations

import pytest

from chaseremu import ChaserEmulator

# Tests of the inner runs call the API with this.
CALL = '''
import json, urllib.error, urllib.request

def create(emulator, key, **options):
    headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(emulator.address + "/v1/sessions", json.dumps(options).encode(), headers)) as response:
        return json.load(response)
'''


@pytest.fixture
def run(pytester, monkeypatch):
    """Runs pytest on a test file in another process."""
    monkeypatch.delenv("CHASER_EMU_URL", raising=False)

    def run(tests: str, *arguments: str) -> pytest.RunResult:
        pytester.makepyfile(CALL + tests)
        return pytester.runpytest_subprocess("-p", "no:cacheprovider", *arguments)
    return run


def test_a_failed_test_reports_the_calls_of_its_key(run):
    result = run('''
def test_other(emulator, key):
    create(emulator, key, ttl_seconds=99)

def test_failing(emulator, key):
    create(emulator, key, ttl_seconds=60, color="red")
    emulator.journal.verify({"key": key, "body": {"ttl_seconds": 1800}}, exactly=1)
''')
    result.assert_outcomes(passed=1, failed=1)
    result.stdout.fnmatch_lines([
        '>   *emulator.journal.verify({"key": key, "body": {"ttl_seconds": 1800}}, exactly=1)',
        "E   *JournalVerificationError: Expected exactly 1 matching calls, but found 0*",
        "E   *#* POST /v1/sessions * 201: body.ttl_seconds was 60 and not 1800",
        "*- ChaserEmu journal -*",
        "#* POST /v1/sessions * 201",
        '    request: {"ttl_seconds": 60, "color": "red"}',
        "    response: *",
        "    deviation: The body has the unknown field 'color'*",
    ])
    # The calls of other tests are not shown, nor the code of the package.
    result.stdout.no_fnmatch_line('*"ttl_seconds": 99*')
    result.stdout.no_fnmatch_line("*__tracebackhide__*")


def test_a_failed_setup_reports_the_calls_of_its_key(run):
    result = run('''
import pytest

@pytest.fixture
def session(emulator, key):
    create(emulator, key, ttl_seconds=60)
    raise RuntimeError("broken fixture")

def test_failing(session):
    pass
''')
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*- ChaserEmu journal -*", "#* POST /v1/sessions * 201"])


def test_tests_without_a_key_have_no_journal_in_their_report(run):
    result = run("def test_failing():\n    assert False\n")
    result.assert_outcomes(failed=1)
    result.stdout.no_fnmatch_line("*ChaserEmu journal*")


def test_each_test_has_its_key_and_leaves_nothing(run):
    run('''
keys = []

def test_one(emulator, key):
    keys.append(key)
    create(emulator, key)
    emulator.faults.add({"match": {"key": key}, "effect": {"type": "unavailable"}})
    assert len(emulator.sessions.list()) == 1

def test_two(emulator, key, live_key):
    assert len({*keys, key, live_key}) == 3
    assert key.startswith("cha_test_") and live_key.startswith("cha_live_")
    assert emulator.sessions.list() == []
    assert emulator.faults.list() == []
''').assert_outcomes(passed=2)


def test_the_emulator_is_configured_by_a_fixture(run, pytester):
    pytester.makeconftest('''
import pytest

@pytest.fixture(scope="session")
def emulator_options():
    return {"now": "2026-06-13T12:00:00Z", "frozen": True}
''')
    run('''
def test_options(emulator):
    assert emulator.clock.now().year == 2026
    assert emulator.clock.get()["frozen"]
''').assert_outcomes(passed=1)


def test_the_rate_of_the_clock_is_restored(run):
    run('''
def test_one(emulator_clock):
    emulator_clock.run(1000)
    emulator_clock.freeze()

def test_two(emulator):
    reading = emulator.clock.get()
    assert (reading["rate"], reading["frozen"]) == (1, False)
''').assert_outcomes(passed=2)


def test_a_running_emulator_is_shared(run, monkeypatch):
    with ChaserEmulator.start({"Control:Token": "only for tests"}, frozen=True) as emulator:
        before = emulator.clock.now()
        monkeypatch.setenv("CHASER_EMU_URL", emulator.address)
        monkeypatch.setenv("CHASER_EMU_Control__Token", "only for tests")
        result = run(f'''
def test_shared(emulator, key):
    assert emulator.address == "{emulator.address}" and emulator.is_shared
    create(emulator, key)

def test_clock(emulator):
    emulator.clock.advance(60)

def test_clock_if_asked_for(emulator):
    emulator.clock.advance(60, shared=True)
''')
        result.assert_outcomes(passed=2, failed=1)
        result.stdout.fnmatch_lines(["E   *Advancing the clock affects all tests that share this emulator. Pass shared=True*"])
        assert (emulator.clock.now() - before).total_seconds() == 60


def test_each_worker_has_its_emulator(run):
    result = run('''
import pytest

@pytest.mark.parametrize("number", range(4))
def test_worker(emulator, key, number, worker_id):
    create(emulator, key)
    emulator.clock.advance(400)
    assert emulator.sessions.list() == []
    print("emulator of", worker_id, emulator.address)
''', "-n", "2", "-rP")
    result.assert_outcomes(passed=4)
    lines = {line for line in result.outlines if line.startswith("emulator of")}
    assert len(lines) == 2, lines


def test_workers_on_a_shared_emulator_do_not_disturb_one_another(run, monkeypatch):
    with ChaserEmulator.start() as emulator:
        monkeypatch.setenv("CHASER_EMU_URL", emulator.address)
        run('''
import pytest

@pytest.mark.parametrize("number", range(20))
def test_worker(emulator, key, number):
    rule = emulator.faults.add({"match": {"key": key}, "effect": {"type": "unavailable"}, "count": 1})
    with pytest.raises(urllib.error.HTTPError, match="503"):
        create(emulator, key)
    create(emulator, key)
    assert rule.refresh().fired == 1
    emulator.journal.verify({"key": key, "operation": "createSession"}, exactly=2)
''', "-n", "4").assert_outcomes(passed=20)
        assert emulator.sessions.list() == [] and emulator.faults.list() == []


def test_a_journal_that_cannot_be_read_is_reported(run):
    result = run('''
def test_failing(emulator, key):
    emulator.close()
    assert False
''')
    result.stdout.fnmatch_lines(["*- ChaserEmu journal -*", "The calls of the test's key could not be read: No emulator answers at *"])
