"""A device brings itself to a new model, or refuses it, or returns to the old one."""

from __future__ import annotations

import errno
import json
import os
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from command_process import TIMEOUT, start_program
from edge.errors import EdgeError, RuntimeMissing
from edge.fleet import download as download_module
from edge.fleet import signature
from edge.fleet import store as store_module
from edge.fleet.file_server import serving
from edge.fleet.signature import Refused, SigningKey, read_keys
from edge.fleet.store import ModelStore
from edge.fleet.updater import Stopped, Updater
from fleet_offers import CONTENT, Device, signed_offer


@pytest.fixture
def url() -> Iterator[str]:
    with serving(CONTENT, "127.0.0.1") as url:
        yield url


@pytest.fixture
def key(tmp_path) -> SigningKey:
    return SigningKey.create(tmp_path / "key.pem")


@pytest.fixture
def keys(tmp_path, key) -> Path:
    path = tmp_path / "keys"
    path.write_text(f"# of the school\n{key.line('ann')}\n")
    return path


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path / "models" / "wrist_airdigit"


@pytest.fixture(autouse=True)
def short_waits(monkeypatch):
    monkeypatch.setattr(download_module, "FIRST_WAIT", 0.01)
    monkeypatch.setattr(download_module, "LONGEST_WAIT", 0.01)


# Accepted


def test_a_signed_model_is_used_after_it_was_tried(url, key, keys, folder):
    device = Device(folder, keys)
    assert device.updater.offer(signed_offer(key, url)) == {"accepted": 7}
    assert device.work()["phase"] == "done"
    assert device.version == 7 and (folder / "airdigit-7.tflite").read_bytes() == CONTENT
    phases = [report["phase"] for report in device.reports]
    assert list(dict.fromkeys(phases)) == ["downloading", "shadow", "trial", "done"]
    again = Device(folder, keys)
    assert again.version == 7 and again.reports[-1]["phase"] == "done"


def test_only_the_model_in_use_and_the_one_before_it_stay_on_the_disk(url, key, keys, folder):
    for version in (1, 2, 3):
        assert Device(folder, keys).update(signed_offer(key, url, version))["phase"] == "done"
    names = sorted(path.name for path in folder.iterdir())
    assert names == ["airdigit-2.tflite", "airdigit-3.tflite", "state.json"]


def test_the_operator_can_return_to_the_model_before_once(url, key, keys, folder):
    device = Device(folder, keys)
    with pytest.raises(Refused, match="it has no earlier model"):
        device.updater.roll_back()
    device.update(signed_offer(key, url))
    device.updater.roll_back()
    assert device.work()["phase"] == "rolled_back" and device.version == 0
    with pytest.raises(Refused, match="version 7 is not newer than 7"):
        device.updater.offer(signed_offer(key, url))
    assert device.update(signed_offer(key, url, 8))["phase"] == "done"


# Refused


def test_an_offer_with_any_byte_flipped_is_refused(url, key, keys, folder):
    device = Device(folder, keys)
    good = signed_offer(key, url)
    for name in ("statement", "signature", "key"):
        for at in range(0, len(good[name]), 7):
            altered = good[name][:at] + chr(ord(good[name][at]) ^ 1) + good[name][at + 1 :]
            with pytest.raises(Refused):
                device.updater.offer(good | {name: altered})
    assert device.version == 0 and device.reports[-1]["phase"] == "refused"
    assert device.update(good)["phase"] == "done"


@pytest.mark.parametrize("at", [0, len(CONTENT) // 2, len(CONTENT) - 1])
def test_a_model_file_with_a_byte_flipped_is_refused(key, keys, folder, at):
    device = Device(folder, keys)
    altered = bytearray(CONTENT)
    altered[at] ^= 1
    with serving(bytes(altered), "127.0.0.1") as url:
        report = device.update(signed_offer(key, url))
    assert report["phase"] == "failed" and "is not the one that was signed" in report["reason"]
    assert device.version == 0
    assert [path.name for path in folder.iterdir()] == ["state.json"]


def test_the_key_must_be_trusted_and_not_revoked(url, key, keys, folder, tmp_path):
    device = Device(folder, keys)
    other = SigningKey.create(tmp_path / "other.pem")
    with pytest.raises(Refused, match="is not in the key file"):
        device.updater.offer(signed_offer(other, url))
    keys.write_text(f"{key.line('ann')}\n{other.line('ben')}\nrevoked {key.line('ann')}\n")
    with pytest.raises(Refused, match="is revoked"):
        device.updater.offer(signed_offer(key, url))
    assert device.update(signed_offer(other, url))["phase"] == "done"


def test_a_key_that_is_revoked_during_an_update_ends_it(url, key, keys, folder, tmp_path):
    device = Device(folder, keys)
    device.updater.offer(signed_offer(key, url))
    other = SigningKey.create(tmp_path / "other.pem")
    keys.write_text(f"{other.line('ben')}\nrevoked {key.line('ann')}\n")
    report = device.work()
    assert report["phase"] == "failed" and "is revoked" in report["reason"]


def test_an_older_version_is_refused_even_after_a_restart(url, key, keys, folder):
    Device(folder, keys).update(signed_offer(key, url, 7))
    device = Device(folder, keys)
    for version in (7, 6, 1):
        with pytest.raises(Refused, match="is not newer than 7"):
            device.updater.offer(signed_offer(key, url, version))


def test_a_second_operator_has_to_wait_for_the_first_one(url, key, keys, folder):
    device = Device(folder, keys)
    first = signed_offer(key, url)
    device.updater.offer(first)
    assert device.updater.offer(first) == {"accepted": 7}  # MQTT may deliver it twice
    with pytest.raises(Refused, match="the update to version 7 is not finished"):
        device.updater.offer(signed_offer(key, url, 8))
    assert device.work()["version"] == 7 and device.version == 7


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"statement": 5},
        {"statement": "{" * 5000},
        {"statement": "{}", "key": None, "signature": "ä"},
    ],
)
def test_a_document_that_is_no_offer_is_refused(keys, folder, document):
    with pytest.raises(Refused):
        Device(folder, keys).updater.offer(document)


def test_a_signed_offer_must_have_possible_values(url, key, keys, folder):
    device = Device(folder, keys)
    with pytest.raises(Refused, match="is no address for a download"):
        device.updater.offer(signed_offer(key, "file:///etc/passwd"))
    statement = json.loads(signed_offer(key, url)["statement"])
    for name, value in (
        ("name", "../../x"),
        ("version", 0),
        ("size", 2**40),
        ("sha256", "zz"),
        ("format", 2),
        ("plan", {"minutes": float("nan")}),
        ("task", "kws"),
    ):
        text = json.dumps(statement | {name: value})
        document = {"statement": text, "signature": key.sign(text.encode())}
        with pytest.raises(Refused):
            device.updater.offer({"url": url, "key": key.identifier, **document})


def test_a_file_that_is_no_model_for_this_device_is_not_tried(key, keys, folder):
    content = b"\0" * 100
    with serving(content, "127.0.0.1") as url:
        report = Device(folder, keys).update(signed_offer(key, url, content=content))
    assert report["phase"] == "failed" and "not a TFLite model" in report["reason"]


# Faults of the new model


def test_a_model_that_fails_in_the_shadow_is_never_used(url, key, keys, folder):
    device = Device(folder, keys, shadow="too many detections")
    report = device.update(signed_offer(key, url))
    assert (report["phase"], report["reason"]) == ("failed", "too many detections")
    assert report["version"] == 7 and device.version == 0
    device.recognition.faults["shadow"] = ""
    assert device.update(signed_offer(key, url))["phase"] == "done"  # it was never in use


def test_a_model_that_fails_in_its_trial_is_rolled_back(url, key, keys, folder):
    Device(folder, keys).update(signed_offer(key, url, 7))
    device = Device(folder, keys, trial="it fails: NaN")
    report = device.update(signed_offer(key, url, 8))
    assert (report["phase"], report["used_version"]) == ("rolled_back", 7)
    assert device.version == 7 and report["highest_version"] == 8


def test_a_model_that_ends_the_command_again_and_again_is_rolled_back(url, key, keys, folder):
    Device(folder, keys).update(signed_offer(key, url, 7))
    device = Device(folder, keys)

    def crash(*_: object) -> str:
        raise SystemExit

    device.recognition.switch = crash
    device.updater.offer(signed_offer(key, url, 8))
    with pytest.raises(SystemExit):
        device.work()
    versions = [Device(folder, keys).version for _ in range(3)]
    assert versions == [8, 8, 7]
    assert "ended 3 times" in Device(folder, keys).reports[0]["reason"]


def test_an_error_of_any_kind_ends_the_update_with_the_old_model(url, key, keys, folder):
    device = Device(folder, keys)

    def fail(*_: object) -> str:
        raise MemoryError

    device.recognition.load = fail
    report = device.update(signed_offer(key, url))
    assert (report["phase"], report["reason"]) == ("failed", "MemoryError")
    assert device.version == 0


def test_an_orderly_restart_is_no_crash(url, key, keys, folder):
    Device(folder, keys).updater.offer(signed_offer(key, url))
    for _ in range(5):
        device = Device(folder, keys)

        def stop(*_: object, updater: Updater = device.updater) -> str:
            updater.stopped()
            updater.wait(9)
            return ""

        device.recognition.switch = device.recognition.trial = stop
        with pytest.raises(Stopped):
            device.work()
    device = Device(folder, keys)
    assert device.work()["phase"] == "done" and device.version == 7


# Faults of the device and of the network


def test_a_damaged_model_is_replaced_by_the_one_before(url, key, keys, folder):
    for version in (1, 2):
        Device(folder, keys).update(signed_offer(key, url, version))
    (folder / "airdigit-2.tflite").write_bytes(CONTENT[:-1])
    device = Device(folder, keys)
    assert device.version == 1 and "airdigit-2.tflite is damaged" in device.reports[-1]["reason"]
    (folder / "airdigit-1.tflite").unlink()
    assert Device(folder, keys).version == 0


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"phase": "dance"}', os.urandom(99)])
def test_a_damaged_state_leaves_the_model_of_the_command(keys, folder, content, caplog):
    folder.mkdir(parents=True)
    (folder / "state.json").write_bytes(content)
    assert Device(folder, keys).version == 0 and "is damaged" in caplog.text


def test_a_server_that_breaks_off_is_asked_for_the_rest(key, keys, folder, monkeypatch):
    blocks: list[int] = []
    monkeypatch.setattr(download_module, "BLOCK", 5000)
    device = Device(folder, keys)
    with serving(CONTENT, "127.0.0.1") as url:

        def progress(found):
            blocks.append(found.get("received", 0))
            if len(blocks) in (3, 6, 9):
                raise ConnectionResetError("the cable was pulled")

        device.updater._report = progress
        device.updater.offer(signed_offer(key, url))
        device.updater.work(device.recognition)
    received = [count for count in blocks if count]
    assert received == sorted(set(received)), "nothing was transferred twice"
    assert device.version == 7


def test_a_server_that_is_gone_ends_the_update(key, keys, folder):
    with serving(CONTENT, "127.0.0.1") as url:
        pass
    report = Device(folder, keys).update(signed_offer(key, url))
    assert report["phase"] == "failed" and "after 10 attempts" in report["reason"]
    with serving(CONTENT, "127.0.0.1") as url:
        report = Device(folder, keys).update(signed_offer(key, url + "0"))
    assert "404" in report["reason"]


def test_a_full_disk_leaves_the_old_model(url, key, keys, folder, monkeypatch):
    Device(folder, keys).update(signed_offer(key, url, 7))
    full = OSError(errno.ENOSPC, "No space left on device")

    def fail(*_: object) -> None:
        raise full

    device = Device(folder, keys)
    with monkeypatch.context() as patch:
        patch.setattr(store_module, "atomic_write", fail)
        with pytest.raises(EdgeError, match="cannot be stored: No space left"):
            device.updater.offer(signed_offer(key, url, 8))
        assert Device(folder, keys).version == 7
    device.updater.offer(signed_offer(key, url, 8))
    with monkeypatch.context() as patch:
        patch.setattr(download_module.os, "fsync", fail)
        patch.setattr(store_module, "atomic_write", fail)
        report = device.work()
    assert (report["phase"], report["reason"]) == ("failed", "the disk is full")
    assert device.version == 7 and not list(folder.glob("*.part"))
    device = Device(folder, keys)  # the disk has space again, and still knows the offer
    assert device.work()["phase"] == "done" and device.version == 8


def test_changes_of_two_threads_are_both_stored(folder, monkeypatch):
    """The end of the command must not undo a step of the update that ends at the same time."""
    store = ModelStore(folder)
    write = store_module.atomic_write

    def slow(*arguments: Any) -> None:
        time.sleep(0.1)
        write(*arguments)

    monkeypatch.setattr(store_module, "atomic_write", slow)
    changes: list[dict[str, Any]] = [{"phase": "trial"}, {"starts": 5}]
    threads = [threading.Thread(target=store.change, kwargs=change) for change in changes]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    state = ModelStore(folder).state
    assert (state.phase, state.starts) == ("trial", 5)


KILLED = """
import json, os, sys, warnings
from pathlib import Path
from fleet_offers import Device

warnings.simplefilter("ignore", DeprecationWarning)  # a fork beside the threads of a runtime

folder, keys, document = Path(sys.argv[1]), Path(sys.argv[2]), json.loads(sys.argv[3])
before = (folder / "state.json").read_bytes()
left = 0

def hook(event, args):
    global left
    if left and event in ("open", "os.rename", "os.remove") and str(folder) in str(args[0]):
        left -= 1
        if not left:
            os._exit(9)

sys.addaudithook(hook)

def restored():
    for path in folder.iterdir():
        if path.name not in ("state.json", "airdigit-7.tflite"):
            path.unlink()
    (folder / "state.json").write_bytes(before)

def in_child(steps, function):
    global left
    child = os.fork()
    if not child:
        left = steps
        function()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])

def update():
    device = Device(folder, keys)
    if device.store.state.phase == "idle" and device.version == 7:
        device.updater.offer(document)
    device.work()

def check():
    version = Device(folder, keys).version
    assert version in (7, 8), version

for steps in range(1, 999):
    restored()
    status = in_child(steps, update)
    assert in_child(0, check) == 0, steps
    assert in_child(0, update) == 0, steps
    after = Device(folder, keys)
    assert after.version == 8 and after.store.state.phase == "idle", (steps, after.store.state)
    if status == 0:
        break
    assert status == 9
print(steps)
"""


def test_a_device_that_loses_power_at_any_step_has_a_model_and_finishes(url, key, keys, folder):
    """A process is killed before each of its file operations in turn."""
    Device(folder, keys).update(signed_offer(key, url, 7))
    document = json.dumps(signed_offer(key, url, 8))
    with start_program(KILLED, folder, keys, document) as process:
        out, err = process.communicate(timeout=5 * TIMEOUT)
    assert process.returncode == 0, err
    assert int(out) > 20


# Keys


def test_a_private_key_can_be_read_by_its_owner_alone(tmp_path, key):
    assert (tmp_path / "key.pem").stat().st_mode & 0o777 == 0o600
    assert SigningKey.read(tmp_path / "key.pem").identifier == key.identifier
    with pytest.raises(EdgeError, match="exists already"):
        SigningKey.create(tmp_path / "key.pem")


def test_signatures_need_a_package(tmp_path, monkeypatch):
    monkeypatch.setattr(signature, "find_spec", lambda name: None)
    for name in ("cryptography", "cryptography.exceptions"):
        monkeypatch.setitem(sys.modules, name, None)
    calls = (
        signature.check_installed,
        lambda: SigningKey.create(tmp_path / "new"),
        lambda: SigningKey.read(tmp_path / "new"),
    )
    for call in calls:
        with pytest.raises(RuntimeMissing, match=r"pip install 'edge-sense\[fleet\]'"):
            call()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "has no key"),
        ("# nothing\n\n", "has no key"),
        ("hello ann", "line 1 is no key"),
        ("\nrevoked", "line 2 is no key"),
        ("AAAA short", "line 1 is no key"),
    ],
)
def test_a_key_file_that_cannot_be_used_is_an_error(tmp_path, text, message):
    (tmp_path / "keys").write_text(text)
    with pytest.raises(EdgeError, match=message):
        read_keys(tmp_path / "keys")
    with pytest.raises(EdgeError, match="check --fleet-keys"):
        read_keys(tmp_path / "none")
    with pytest.raises(EdgeError, match="make one with `edge-fleet key`"):
        SigningKey.read(tmp_path / "keys")
