"""The figures of a fleet: a short run with few devices."""

from __future__ import annotations

from mqtt_broker import skipped_without_mosquitto
from tools import fleet_figures


@skipped_without_mosquitto()
def test_a_small_fleet_is_measured(capsys):
    assert fleet_figures.main(["--devices", "5", "--seconds", "2"]) == 0
    printed = capsys.readouterr().out
    assert "for 5 devices" in printed and "exit status 0" in printed
    assert "models at the end: {'kws_qcnn-1.tflite': 5}" in printed
    assert printed.count(" 0 missing") == 2
