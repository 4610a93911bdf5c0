"""The bank of other speech: who is in it, and how exactly it is stored."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from edge.decision.template_matching import unit_rows
from edge.formats.sound import write_wav
from training import enroll_figures
from training.sound.data.clip_files import LabelledClip
from training.sound.embedding import bank
from training.sound.embedding.people import bank_speakers


def test_half_of_the_people_who_are_not_tested_are_in_the_bank():
    clips = [
        LabelledClip(Path(f"{n}.wav"), "happy", f"speaker{n}", "test" if n < 20 else "train")
        for n in range(100)
    ]
    chosen = bank_speakers(clips)
    assert 25 < len(chosen) < 55
    assert not {f"speaker{n}" for n in range(20)} & set(chosen)
    assert bank_speakers(clips[::-1]) == chosen


def test_stored_embeddings_have_the_direction_of_the_true_ones(monkeypatch):
    monkeypatch.setattr(bank, "ITERATIONS", 2)
    rng = np.random.default_rng(0)
    rows = unit_rows(rng.standard_normal((600, 32)))
    books, codes = bank._product_codes(rows, rng)
    parts = [book[code] for book, code in zip(books, codes.T, strict=True)]
    stored = unit_rows(np.concatenate(parts, axis=1))
    assert np.median(np.sum(rows * stored, axis=1)) > 0.98


def test_noise_is_below_the_speech():
    rng = np.random.default_rng(0)
    rows, noise = np.zeros((40, 8), np.float32), np.full((100, 8), 3, np.float32)
    mixed = np.stack([bank._in_noise(rows, [noise], rng) for _ in range(20)])
    assert 0 < mixed.mean() < np.log1p(10 ** (-bank.SNR_DB[0] / 10))
    assert mixed.min() == pytest.approx(0)


def test_figures_without_people_to_test_with_are_refused(tmp_path, capsys):
    (tmp_path / "happy").mkdir()
    write_wav(tmp_path / "happy" / "ann_nohash_0.wav", np.zeros(16000, np.float32), 16000)
    assert enroll_figures.main(["--data", str(tmp_path)]) == 1
    assert "5 times: give more --data" in capsys.readouterr().err
