"""Spectra that stay on the disk are chosen, joined and read like arrays."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.common.cache import cached_arrays
from training.common.stored_array import StoredArray
from training.sound.data.stored_rows import BLOCK, StoredRows, blocks, concatenate_rows

SHAPE = (3, 2)


def array(count: int, first: int = 0) -> np.ndarray:
    values = np.arange(first, first + count * 6, dtype=np.float16)
    return values.reshape(count, *SHAPE)


@settings(deadline=None)
@given(st.data(), st.lists(st.integers(0, 5), min_size=1, max_size=4))
def test_stored_rows_are_chosen_and_joined_like_arrays(data: st.DataObject, sizes: list[int]):
    parts = [array(size, 40 * k) for k, size in enumerate(sizes)]
    expected, stored = np.concatenate(parts), StoredRows(parts)
    for _ in range(3):
        count = len(expected)
        kind = data.draw(st.sampled_from(["mask", "numbers", "slice", "join"]))
        if kind == "mask":
            which = np.array(data.draw(st.lists(st.booleans(), min_size=count, max_size=count)))
            which = which.astype(bool)
        elif kind == "numbers" and count:
            which = np.array(data.draw(st.lists(st.integers(-count, count - 1))), np.int64)
        elif kind == "join":
            expected = np.concatenate([expected, parts[0], expected])
            joined = concatenate_rows([stored, parts[0], stored])
            assert isinstance(joined, StoredRows)
            stored = joined
            continue
        else:
            which = slice(data.draw(st.integers(0, 9)), data.draw(st.integers(0, 9)))
        expected, stored = expected[which], stored[which]
    assert stored.shape == expected.shape and stored.dtype == expected.dtype
    np.testing.assert_array_equal(np.asarray(stored), expected)
    for number in range(len(expected)):
        np.testing.assert_array_equal(stored[number], expected[number])


def test_blocks_are_all_clips_in_their_order():
    rows = array(BLOCK + 3)
    found = list(blocks(StoredRows([rows])))
    assert [len(block) for block in found] == [BLOCK, 3]
    np.testing.assert_array_equal(np.concatenate(found), rows)


@pytest.mark.parametrize("count", [0, 5])
def test_an_array_of_a_cache_file_stays_on_the_disk(tmp_path: Path, count: int):
    path = tmp_path / "cache.npz"
    made = {"rows": array(count), "word": np.array(["a", "b"])}
    for _ in range(2):
        found = cached_arrays(path, lambda: made, on_disk="rows")
        assert isinstance(found["rows"], StoredArray)
        np.testing.assert_array_equal(StoredRows([found["rows"]]), made["rows"])
        np.testing.assert_array_equal(found["word"], made["word"])


def test_a_file_that_becomes_shorter_is_an_exception(tmp_path: Path):
    np.savez(tmp_path / "a.npz", rows=array(9))
    stored = StoredArray(tmp_path / "a.npz", "rows")
    with (tmp_path / "a.npz").open("r+b") as file:
        file.truncate(200)
    with pytest.raises(ValueError, match=r"a\.npz has become shorter"):
        stored[np.array([8])]


def test_a_compressed_file_cannot_stay_on_the_disk(tmp_path: Path):
    np.savez_compressed(tmp_path / "a.npz", rows=array(3))
    with pytest.raises(ValueError, match="compressed"):
        StoredArray(tmp_path / "a.npz", "rows")
