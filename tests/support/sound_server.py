"""A sound server for tests, with virtual microphones that record what the test plays.

PulseAudio, ALSA and PortAudio are real: only the sound card is missing.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

PACKAGES = (  # of Debian; espeak-ng reads texts aloud
    "libportaudio2",
    "libasound2-plugins",
    "pulseaudio",
    "pulseaudio-utils",
    "espeak-ng",
)
MICROPHONES = {"vmic16": (16000, 1), "vmic44": (44100, 2), "vmic48": (48000, 2)}  # Hz, channels
START_TIMEOUT = 10.0  # s
ASOUNDRC = "".join(f"pcm.{name} {{ type pulse device {name}.monitor }}\n" for name in MICROPHONES)
ASOUNDRC += "pcm.!default { type pulse device vmic16.monitor }\n"


class SoundServer:
    """Used through `running_server()`; a test may stop it and start it again."""

    def __init__(self, folder: Path) -> None:
        (folder / ".asoundrc").write_text(ASOUNDRC)
        # Without this a client starts another server when this one has stopped.
        (folder / "client.conf").write_text("autospawn = no\n")
        # Isolated from the sound server of the user's session.
        self.environment = {
            **{name: value for name, value in os.environ.items() if "PULSE" not in name},
            "HOME": str(folder),
            "XDG_RUNTIME_DIR": str(folder),
            "XDG_CONFIG_HOME": str(folder),
            "PULSE_CLIENTCONFIG": str(folder / "client.conf"),
            "PULSE_LATENCY_MSEC": "20",
            "DBUS_SESSION_BUS_ADDRESS": "disabled:",
        }
        self._folder = folder
        self._server: subprocess.Popen[bytes] | None = None
        self._recorders: list[subprocess.Popen[bytes]] = []

    def start(self, keep_awake: bool = True) -> None:
        """`keep_awake`: record all the time, so that sound comes at once and in small parts."""
        command = ["pulseaudio", "-n", "--daemonize=no", "--exit-idle-time=-1", "--log-target=null"]
        command += ["-L", "module-native-protocol-unix"]
        for name in MICROPHONES:
            command += ["-L", _module(name)]
        self._server = subprocess.Popen(command, env=self.environment)
        until = time.monotonic() + START_TIMEOUT
        while subprocess.run(
            ["pactl", "info"], env=self.environment, capture_output=True
        ).returncode:
            assert self._server.poll() is None, "PulseAudio has ended"
            assert time.monotonic() < until, "PulseAudio does not answer"
            time.sleep(0.05)
        if keep_awake:
            self._keep_awake()

    def send_signal(self, number: int) -> None:
        """SIGSTOP freezes the server, SIGCONT lets it go on."""
        assert self._server is not None
        self._server.send_signal(number)

    def stop(self) -> None:
        """Kill the server, as if a cable was unplugged."""
        if self._server is not None:
            self._server.kill()
            self._server.wait()
            self._server = None
            for recorder in self._recorders:
                recorder.wait()
            self._recorders.clear()
            shutil.rmtree(self._folder / "pulse", ignore_errors=True)

    def control(self, *command: str) -> None:
        subprocess.run(["pactl", *command], env=self.environment, check=True, capture_output=True)

    def remove(self, name: str) -> None:
        """Remove a microphone, while the server keeps running."""
        listed = subprocess.run(
            ["pactl", "list", "short", "modules"],
            env=self.environment,
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        (number,) = (line.split()[0] for line in listed.splitlines() if f"sink_name={name}" in line)
        self.control("unload-module", number)

    def restore(self, name: str) -> None:
        self.control("load-module", *_module(name).split())

    def _keep_awake(self) -> None:
        """Record all the time: without a recorder the server sleeps, and wakes up to 2 s late."""
        commands = [["parec", f"--device={m}.monitor", "--latency-msec=20"] for m in MICROPHONES]
        for command in commands:
            recorder = subprocess.Popen(
                [*command, os.devnull], env=self.environment, stderr=subprocess.DEVNULL
            )
            self._recorders.append(recorder)
        for command in commands:
            with subprocess.Popen(command, env=self.environment, stdout=subprocess.PIPE) as first:
                assert first.stdout is not None
                first.stdout.read(1)
                first.kill()

    def play(self, name: str, file: Path) -> subprocess.Popen[bytes]:
        """Start to play a file into a microphone."""
        return subprocess.Popen(["paplay", f"--device={name}", str(file)], env=self.environment)


@contextmanager
def running_server() -> Iterator[SoundServer]:
    """Missing programs fail the test, unless EDGE_WITHOUT_SOUND=1 skips it."""
    import pytest  # not at the top: `make tools` runs this file before pytest is installed

    if os.environ.get("EDGE_WITHOUT_SOUND") == "1":
        pytest.skip("EDGE_WITHOUT_SOUND=1: no sound server for the tests")
    missing = [name for name in ("pulseaudio", "pactl", "paplay") if shutil.which(name) is None]
    if missing:
        pytest.fail(
            f"{', '.join(missing)} missing: run `make tools`, or set EDGE_WITHOUT_SOUND=1 to skip"
        )
    with tempfile.TemporaryDirectory(prefix="sound") as folder:  # a socket's path must be short
        server = SoundServer(Path(folder))
        server.start()
        before = os.environ.copy()
        os.environ.update(server.environment)
        try:
            yield server
        finally:
            server.stop()
            os.environ.clear()
            os.environ.update(before)


def _module(name: str) -> str:
    rate, channels = MICROPHONES[name]
    return f"module-null-sink sink_name={name} rate={rate} channels={channels}"


if __name__ == "__main__":  # for `make tools`
    print(*PACKAGES)
