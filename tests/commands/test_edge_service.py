"""edge-service: the unit, its settings, and the calls of systemctl."""

from __future__ import annotations

import os
import shlex
import shutil
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from command_process import ROOT
from edge.cli.live import parser_for
from edge.commands import edge_service, kws_listen
from edge.errors import EdgeError
from edge.model.shipped import find_model
from edge.service import systemd
from edge.service.settings import variables

SYSTEMCTL = """#!/bin/sh
echo "$(basename "$0") $*" >> "$CALLS"
case "$FAILS" in *"$2"*) [ -n "$FAILS" ] && { echo "Failed to do it" >&2; exit 1; };; esac
exit 0
"""


@pytest.fixture
def calls(tmp_path, monkeypatch):
    """A fake systemctl and journalctl; the function returns their calls so far."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("systemctl", "journalctl"):
        (programs / name).write_text(SYSTEMCTL)
        (programs / name).chmod(0o755)
    for name in ("kws-listen", "airdigit-live", "edge-live"):
        (programs / name).write_text("#!/bin/sh\n")
        (programs / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{programs}:{os.environ['PATH']}")
    monkeypatch.setattr(sys, "executable", str(programs / "python"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("CALLS", str(tmp_path / "calls"))
    monkeypatch.setenv("FAILS", "")
    monkeypatch.setattr(systemd, "SYSTEM_UNITS", tmp_path / "system")
    monkeypatch.setattr(systemd, "SYSTEM_SETTINGS", tmp_path / "etc")
    (tmp_path / "calls").touch()
    return lambda: (tmp_path / "calls").read_text().splitlines()


@pytest.fixture
def unit(tmp_path) -> Path:
    return tmp_path / "config" / "systemd" / "user" / "edge-kws-listen.service"


@pytest.fixture
def settings(tmp_path) -> Path:
    return tmp_path / "config" / "edge-sense" / "kws-listen.env"


def run(*argv: str) -> int:
    return edge_service.main(list(argv))


def test_install_writes_and_starts_a_unit(calls, unit, settings, capsys):
    assert run("install", "kws-listen", "--", "--device", "usb mic", "--wait") == 0
    assert calls() == [
        "systemctl --user daemon-reload",
        "systemctl --user enable edge-kws-listen.service",
        "systemctl --user restart edge-kws-listen.service",
    ]
    text = unit.read_text()
    for line in ("Type=notify", "WatchdogSec=60", "NoNewPrivileges=yes", "Restart=on-failure"):
        assert f"\n{line}\n" in text
    assert f"EnvironmentFile={settings}" in text
    printed = capsys.readouterr()
    assert text in printed.out and 'EDGE_DEVICE="usb mic"' in printed.out
    assert "sudo loginctl enable-linger" in printed.err


def test_the_settings_describe_every_option_and_only_the_owner_can_read_them(calls, settings):
    run("install", "kws-listen", "--", "--threshold=0.9", "--no-rejections", "-v")
    text = settings.read_text()
    assert stat.S_IMODE(settings.stat().st_mode) == 0o600
    parser, _, _ = parser_for(kws_listen.COMMAND, [])
    from edge.cli.parser import variable_of

    for action in parser._actions:
        assert not variable_of(action) or f"{variable_of(action)}=" in text
    assert 'EDGE_THRESHOLD="0.9"' in text and 'EDGE_REJECTIONS="0"' in text
    assert 'EDGE_VERBOSE="1"' in text
    assert "\n#EDGE_MQTT_PASSWORD=\n" in text and "%(" not in text
    assert all(len(line) <= 110 for line in text.splitlines())


def test_the_command_reads_the_settings_as_the_options(calls, settings, tmp_path, monkeypatch):
    """With the quotes of the file as a shell reads them, which is how systemd reads them."""
    name = 'a "quoted" \\ name $HOME'
    files = [str(tmp_path / "one file.wav"), str(tmp_path / "two.wav")]
    options = ["--device-name", name, "--replay", *files, "--speed", "max"]
    run("install", "kws-listen", "--user", "--", *options)
    parser, _, _ = parser_for(kws_listen.COMMAND, [])
    for line in settings.read_text().splitlines():
        if line and not line.startswith("#"):
            variable, _, value = line.partition("=")
            (word,) = shlex.split(value.replace("\\$", "$"))
            monkeypatch.setenv(variable, word)
    args, expected = parser.parse_args([]), parser.parse_args(options)
    for key in ("device_name", "replay", "speed"):
        assert getattr(args, key) == getattr(expected, key)


@pytest.mark.parametrize("arguments", [("--i2c", "1"), ("--port", "auto", "--wait")])
def test_motion_gets_a_unit_of_the_system(calls, tmp_path, arguments):
    assert run("install", "airdigit-live", "--", *arguments) == 0
    text = (tmp_path / "system" / "edge-airdigit-live.service").read_text()
    assert "\nProtectSystem=strict\n" in text and "\nWantedBy=multi-user.target\n" in text
    assert f"\nUser={systemd.caller()}\n" in text
    assert calls()[0] == "systemctl daemon-reload"


def test_a_model_of_ones_own_gets_a_service(calls, tmp_path, monkeypatch):
    """With the absolute path of the model, because a service runs in another folder."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(find_model("ecg"), "own.tflite")
    assert run("install", "edge-live", "--", "own.tflite", "--port", "auto", "--wait") == 0
    assert "ExecStart=" in (tmp_path / "system" / "edge-live.service").read_text()
    lines = (tmp_path / "etc" / "edge-live.env").read_text().splitlines()
    assert f'EDGE_MODEL="{tmp_path}/own.tflite"' in lines and 'EDGE_PORT="auto"' in lines
    assert "#EDGE_REPLAY=" in lines and not any("EDGE_DEVICE=" in line for line in lines)
    assert run("install", "edge-live", "--name", "heart", "--", "own.tflite", "--mock") == 0
    assert run("restart", "heart") == run("restart", "edge-live") == run("restart", "live") == 0
    assert calls()[-2:] == ["systemctl restart edge-live.service"] * 2


def test_a_model_of_sound_gets_a_service_of_the_user(calls, tmp_path):
    assert run("install", "edge-live", "--", "kws", "--device", "usb") == 0
    settings = tmp_path / "config" / "edge-sense" / "edge-live.env"
    assert '\nEDGE_MODEL="kws"\n' in settings.read_text()


@pytest.mark.parametrize("option", [("--model", "own.tflite"), ("--model=own.tflite",)])
def test_the_path_of_a_model_becomes_absolute(calls, tmp_path, monkeypatch, option):
    monkeypatch.chdir(tmp_path)
    shutil.copy(find_model("kws"), "own.tflite")
    assert run("install", "kws-listen", "--", *option) == 0
    settings = tmp_path / "config" / "edge-sense" / "kws-listen.env"
    assert f'\nEDGE_MODEL="{tmp_path}/own.tflite"\n' in settings.read_text()


def test_paths_of_all_options_become_absolute(calls, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    files = ("--settings", "s.json", "--fleet-keys", "keys", "--json-file=e.jsonl")
    assert run("install", "kws-listen", "--user", "--", *files, "--replay", "a b.wav", "c.wav") == 0
    lines = (tmp_path / "config" / "edge-sense" / "kws-listen.env").read_text().splitlines()
    for name, value in (
        ("EDGE_SETTINGS", f"{tmp_path}/s.json"),
        ("EDGE_FLEET_KEYS", f"{tmp_path}/keys"),
        ("EDGE_JSON_FILE", f"{tmp_path}/e.jsonl"),
        ("EDGE_REPLAY", f'\\"{tmp_path}/a b.wav\\" {tmp_path}/c.wav'),
    ):
        assert f'{name}="{value}"' in lines


def test_a_name_of_a_shipped_model_and_an_address_stay_as_they_are(calls, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    address = "127.0.0.1:8000"
    assert run("install", "kws-listen", "--", "--model", "kws_qcnn", "--page", address) == 0
    text = (tmp_path / "config" / "edge-sense" / "kws-listen.env").read_text()
    assert '\nEDGE_MODEL="kws_qcnn"\n' in text and f'\nEDGE_PAGE="{address}"\n' in text


def test_a_service_of_the_system_may_write_to_the_folders_of_its_options(calls, tmp_path):
    folder, settings = tmp_path / "page", tmp_path / "tuned" / "s.json"
    options = ("--page", "--page-folder", str(folder), "--settings", str(settings))
    assert run("install", "airdigit-live", "--", "--i2c", "1", *options) == 0
    text = (tmp_path / "system" / "edge-airdigit-live.service").read_text()
    for path in (folder, settings.parent):
        assert f"ReadWritePaths={path}\n" in text and path.is_dir()


def test_the_page_of_a_service_stores_in_the_state_folder(monkeypatch):
    monkeypatch.setenv("STATE_DIRECTORY", "/var/lib/edge-sense")
    parser, _, _ = parser_for(kws_listen.COMMAND, [])
    assert parser.parse_args([]).page_folder == Path("/var/lib/edge-sense/edge-page")


def test_a_wake_word_service_needs_no_sound_server_of_the_user(calls, tmp_path):
    assert run("install", "kws-listen", "--", "--wyoming", "tcp://0.0.0.0:10400") == 0
    assert (tmp_path / "system" / "edge-kws-listen.service").exists()


def test_the_folder_of_a_json_file_is_writable(calls, tmp_path):
    file = tmp_path / "my events" / "e.jsonl"
    run("install", "airdigit-live", "--", "--i2c", "1", "--json-file", str(file))
    text = (tmp_path / "system" / "edge-airdigit-live.service").read_text()
    assert f"ReadWritePaths={tmp_path}/my\\x20events\n" in text


def test_print_writes_nothing(calls, unit, settings, capsys):
    assert run("install", "kws-listen", "--print") == 0
    assert "ExecStart=" in capsys.readouterr().out
    assert not unit.exists() and not settings.exists() and calls() == []


def test_a_unit_that_exists_is_replaced_only_on_demand(calls, unit, capsys):
    run("install", "kws-listen")
    assert run("install", "kws-listen") == 1
    assert "exists already: give --replace, or another --name" in capsys.readouterr().err
    assert run("install", "kws-listen", "--replace") == 0
    assert run("install", "kws-listen", "--name", "kitchen") == 0
    assert unit.with_name("edge-kitchen.service").exists()


def test_status_logs_and_restart_are_those_of_systemd(calls):
    run("install", "kws-listen")
    count = len(calls())
    assert run("status", "kws-listen") == run("logs", "kws-listen", "--follow") == 0
    assert run("restart", "kws-listen") == 0
    assert calls()[count:] == [
        "systemctl --user status --no-pager edge-kws-listen.service",
        "journalctl --user --unit edge-kws-listen.service -n 100 --follow",
        "systemctl --user restart edge-kws-listen.service",
    ]


def test_remove_stops_it_and_removes_its_files(calls, unit, settings):
    run("install", "kws-listen")
    assert run("remove", "kws-listen") == 0
    assert "systemctl --user disable --now edge-kws-listen.service" in calls()
    assert not unit.exists() and not settings.exists()


# Errors


def error(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    assert run(*argv) == 1
    message = capsys.readouterr().err
    assert message.startswith("edge-service: error: ") and message.count("\n") == 1
    return message


def test_a_service_that_does_not_exist(calls, capsys):
    assert "edge-service install adds one" in error(capsys, "status", "kitchen")
    run("install", "kws-listen")
    capsys.readouterr()
    assert "choose from kws-listen" in error(capsys, "remove", "kitchen")


def test_without_systemd_the_message_says_what_to_do(calls, monkeypatch, capsys):
    monkeypatch.setenv("PATH", "/nowhere")
    assert run("install", "kws-listen") == 1
    assert "this system has no systemctl" in capsys.readouterr().err


def test_a_failure_of_systemctl_is_shown(calls, monkeypatch, capsys):
    monkeypatch.setenv("FAILS", "enable")
    assert run("install", "kws-listen") == 1
    assert "systemctl enable edge-kws-listen.service failed: Failed to do it" in (
        capsys.readouterr().err
    )


def test_without_a_bus_the_message_says_who_has_one(calls, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("FAILS", "daemon-reload")
    program = tmp_path / "bin" / "systemctl"
    program.write_text(SYSTEMCTL.replace("Failed to do it", "Failed to connect to bus: no"))
    assert run("install", "kws-listen") == 1
    assert "log in as the user of the service" in capsys.readouterr().err


def test_impossible_arguments(calls, capsys):
    missing = error(capsys, "install", "kws-listen", "--", "--model", "none.tflite")
    assert "none.tflite does not exist" in missing
    assert "choose airdigit-live" in error(capsys, "install", "edge-bench")
    assert "edge-live needs a model" in error(capsys, "install", "edge-live", "--", "--mock")
    assert "does not exist" in error(capsys, "install", "edge-live", "--", "none.tflite")
    assert "lower-case letters" in error(capsys, "install", "kws-listen", "--name", "../x")
    assert "only for install" in error(capsys, "status", "kws-listen", "--", "--mock")
    with pytest.raises(SystemExit) as stop:
        run("install", "kws-listen", "--", "--treshold", "1")
    assert stop.value.code == 2 and "--treshold" in capsys.readouterr().err
    parser, _, _ = parser_for(kws_listen.COMMAND, [])
    with pytest.raises(EdgeError, match="cannot be a setting"):
        list(variables(parser, ["--version"]))


# The real tools of systemd


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd is not installed")
@pytest.mark.parametrize("scope", ["--user", "--system"])
def test_systemd_accepts_the_unit(calls, tmp_path, scope):
    options = ("--wyoming", "tcp://0.0.0.0:10400", "--json-file", str(tmp_path / "a b" / "e"))
    assert run("install", "kws-listen", scope, "--", *options) == 0
    (unit,) = tmp_path.rglob("edge-kws-listen.service")
    environment = {**os.environ, "XDG_RUNTIME_DIR": str(tmp_path), "SYSTEMD_LOG_LEVEL": "warning"}
    done = subprocess.run(
        ["systemd-analyze", "verify", "--man=no", *(["--user"] * (scope == "--user")), unit],
        capture_output=True,
        text=True,
        env=environment,
    )
    assert done.returncode == 0 and "edge-" not in done.stderr, done.stderr


def test_a_command_tells_systemd_that_it_is_ready_alive_and_at_its_end(tmp_path):
    import socket

    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(str(tmp_path / "notify"))
        environment = {
            **os.environ,
            "NOTIFY_SOCKET": str(tmp_path / "notify"),
            "WATCHDOG_USEC": "900000",
            "PYTHONPATH": str(ROOT),
        }
        program = "import sys; from edge.commands.kws_listen import main; sys.exit(main())"
        argv = ["--mock", "--words", "yes", "--seed", "1", "--speed", "2"]
        subprocess.run([sys.executable, "-c", program, *argv], env=environment, check=True)
        manager.setblocking(False)
        found = []
        while True:
            try:
                found.append(manager.recv(4096).decode())
            except BlockingIOError:
                break
    assert found[0] == "READY=1" and found[-1] == "STOPPING=1"
    assert found.count("WATCHDOG=1") >= 2
    assert any(message.startswith("STATUS=16000 samples a second") for message in found)
