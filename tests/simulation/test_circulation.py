"""The simulated circulation: pressure, PPG, and the sensor on the finger."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest

from edge.samples import PLETH
from edge.simulation.circulation.artery import RATE, beats, ejection
from edge.simulation.circulation.finger import Contact, blocks, record
from edge.simulation.circulation.person import MEAN_PRESSURE, Person
from edge.source.simulated.circulation import SimulatedCirculation

REQUIREMENTS = {"channels": list(PLETH), "rate_hz": 125}


@pytest.fixture
def person():
    drawn = Person.random(np.random.default_rng(0))
    return replace(drawn, variability=0.0, drift=0.0, heart_rate=75.0)


def pressure(person, count=30):
    found = list(itertools.islice(beats(person, np.random.default_rng(1)), count))
    return np.concatenate(found), found


def pulse(person):
    return np.ptp(pressure(person)[1][-1])


def test_the_heart_ejects_the_stroke_volume_and_the_mean_pressure_follows(person):
    assert ejection(100, 70).sum() / RATE == pytest.approx(70)
    signal, found = pressure(person)
    assert len(found[-1]) == round(60 / 75 * RATE)
    assert signal.mean() == pytest.approx(person.mean_pressure, rel=0.1)


def test_resistance_raises_the_pressure_and_stiffness_the_pulse(person):
    resistant = replace(person, resistance=1.3 * person.resistance)
    assert pressure(resistant)[0].mean() > 1.2 * pressure(person)[0].mean()
    assert pulse(replace(person, compliance=person.compliance / 2)) > 1.5 * pulse(person)


def test_a_reflected_wave_changes_the_shape_but_not_the_mean(person):
    plain, reflecting = (replace(person, reflection=share) for share in (0.0, 0.5))
    signals = [pressure(one)[0] for one in (plain, reflecting)]
    assert np.abs(signals[0] - signals[1]).max() > 3
    assert signals[1].mean() == pytest.approx(signals[0].mean(), abs=2)


def test_random_people_have_usual_pressures():
    people = [Person.random(np.random.default_rng(seed)) for seed in range(50)]
    assert all(MEAN_PRESSURE[0] <= one.mean_pressure <= MEAN_PRESSURE[1] for one in people)
    signals = [record(seed, 10)[0] for seed in range(20)]
    systolic = [signal.max() for signal in signals]
    assert 90 < np.mean(systolic) < 150 and np.std(systolic) > 10


def test_the_ppg_follows_the_pressure_in_time_and_a_lifted_sensor_shows_nothing(person):
    still = Contact(movements_a_minute=0, noise=0.0)
    truth, ppg = next(blocks(person, still, np.random.default_rng(0)))
    lags = range(0, 60)
    best = max(lags, key=lambda lag: np.corrcoef(truth[: 1000 - lag], ppg[lag:1000])[0, 1])
    assert 5 < best < 45
    _, lifted = next(blocks(person, replace(still, lifted=1.0), np.random.default_rng(0)))
    assert np.ptp(lifted) < 0.1 * np.ptp(ppg)


def test_the_same_seed_gives_the_same_person():
    first, second, other = (record(seed, 5) for seed in (2, 2, 4))
    assert np.array_equal(first[1], second[1]) and not np.array_equal(first[1], other[1])


def test_the_source_has_the_chosen_heart_rate_and_ends():
    source = SimulatedCirculation(REQUIREMENTS, heart_rate=90, speed=np.inf, end=30.0)
    with source:
        chunks = list(source)
    t = np.concatenate([chunk.t for chunk in chunks])
    ppg = np.concatenate([chunk.values[:, 0] for chunk in chunks])
    assert len(t) == 30 * RATE and np.allclose(np.diff(t), 1 / RATE)
    spectrum = np.abs(np.fft.rfft(ppg - ppg.mean()))
    hertz = np.fft.rfftfreq(len(ppg), 1 / RATE)
    pulse = (hertz > 0.7) & (hertz < 3)
    assert hertz[pulse][spectrum[pulse].argmax()] == pytest.approx(1.5, abs=0.25)


def test_stiffness_and_resistance_are_factors_of_the_person():
    usual = SimulatedCirculation(REQUIREMENTS).person
    changed = SimulatedCirculation(REQUIREMENTS, stiffness=2.0, resistance=1.5).person
    assert changed.compliance == usual.compliance / 2
    assert changed.resistance == 1.5 * usual.resistance
