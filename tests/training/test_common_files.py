"""Files of trainings: complete or absent, and cached while inputs and source code are equal."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from edge.errors import EdgeError
from training import airdigit
from training.common import cache
from training.common.atomic_write import atomic_write, check_model_path, write_file
from training.common.cache import cache_key, cached_arrays, cached_weights, source_code

CODE = ["training/common/cache.py"]


def test_atomic_write_leaves_nothing_behind_after_an_interruption(tmp_path: Path) -> None:
    path = tmp_path / "new" / "weights.npz"
    with pytest.raises(KeyboardInterrupt), atomic_write(path) as unfinished:
        unfinished.write_bytes(b"half")
        raise KeyboardInterrupt
    assert list(path.parent.iterdir()) == []


def test_atomic_write_keeps_the_old_file_until_the_new_one_is_complete(tmp_path: Path) -> None:
    path = tmp_path / "card.md"
    write_file(path, "old")
    with atomic_write(path) as unfinished:
        unfinished.write_text("new")
        assert path.read_text() == "old" and unfinished.suffix == ".md"
    assert path.read_text() == "new"
    assert list(tmp_path.iterdir()) == [path]


def test_write_file_writes_text_as_utf_8_and_bytes_as_they_are(tmp_path: Path) -> None:
    write_file(tmp_path / "text", "größer")
    assert (tmp_path / "text").read_bytes() == "größer".encode()
    write_file(tmp_path / "bytes", b"\xff\x00")
    assert (tmp_path / "bytes").read_bytes() == b"\xff\x00"


def test_a_file_that_cannot_be_written_is_an_error_with_its_name(tmp_path: Path) -> None:
    (tmp_path / "m.onnx").mkdir()
    with pytest.raises(EdgeError, match=r"m\.onnx cannot be written: "):
        write_file(tmp_path / "m.onnx", b"content")


def test_a_full_disk_is_an_error_with_the_name_of_the_file_and_leaves_nothing(
    tmp_path: Path,
) -> None:
    error = pytest.raises(EdgeError, match=r"m\.onnx cannot be written: No space left")
    with error, atomic_write(tmp_path / "m.onnx") as unfinished:
        unfinished.write_bytes(b"half")
        raise OSError(28, "No space left on device")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["model.h5", "model", "folder.tflite"])
def test_check_model_path_refuses_other_files_and_folders(name: str, tmp_path: Path) -> None:
    (tmp_path / "folder.tflite").mkdir()
    with pytest.raises(EdgeError, match=r"name a file, something\.tflite"):
        check_model_path(tmp_path / name)


@pytest.mark.parametrize("name", ["notes.md", "notes.png", "notes.onnx"])
def test_check_model_path_refuses_to_overwrite_a_file_of_the_user(
    name: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_text("mine")
    with pytest.raises(EdgeError, match=f"{name} would be overwritten.*choose another name"):
        check_model_path(tmp_path / "notes.tflite")


def test_check_model_path_accepts_an_older_model_with_its_files(tmp_path: Path) -> None:
    for name in ("m.tflite", "m.md", "m.png", "m.onnx", "notes.md"):
        (tmp_path / name).write_text("")
    check_model_path(tmp_path / "m.tflite")


def test_check_model_path_refuses_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(EdgeError, match="choose another --out"):
        check_model_path(tmp_path / "file" / "model.tflite")


def test_cache_key_depends_on_every_input_and_on_the_source_code() -> None:
    array = np.arange(6.0)
    inputs = [
        (array, 1),
        (array + 1, 1),
        (array.astype(np.float32), 1),
        (array.reshape(2, 3), 1),
        (array, 2),
        (array, "1"),
        (b"1",),
    ]
    keys = [cache_key(*values, code=CODE) for values in inputs]
    keys.append(cache_key(array, 1, code=["training/common/*.py"]))
    assert len(set(keys)) == len(keys)
    assert cache_key(array.copy(), 1, code=CODE) == keys[0]


def test_source_code_has_every_file_and_refuses_a_pattern_without_files() -> None:
    code = source_code("training/common/*.py", "training/airdigit.py")
    for module in (cache, airdigit):
        assert Path(module.__file__).read_bytes() in code
    assert source_code("training/common/*.py", "training/common/cache.py") in code
    with pytest.raises(ValueError, match="no source file matches training/commom"):
        source_code("training/common/*.py", "training/commom/*.py")


def test_cached_arrays_are_computed_once_and_again_if_the_file_is_damaged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    calls = []

    def compute() -> dict[str, np.ndarray]:
        calls.append(len(calls))
        return {"x": np.arange(1000), "label": np.array(["a", "b"])}

    path = tmp_path / "cache" / "strokes.npz"
    first = cached_arrays(path, compute)
    again = cached_arrays(path, compute)
    assert calls == [0] and again.keys() == first.keys()
    assert all(np.array_equal(first[name], again[name]) for name in first)
    content = path.read_bytes()
    for damaged in (b"garbage" * 99, content[: len(content) // 2], b""):
        path.write_bytes(damaged)
        assert np.array_equal(cached_arrays(path, compute)["x"], first["x"])
    assert calls == [0, 1, 2, 3]
    assert "is damaged: computed again" in caplog.text
    assert os.listdir(path.parent) == ["strokes.npz"]


class FakeNetwork:
    """Has one weight, and refuses a damaged file as Keras does."""

    weight = "initial"

    def save_weights(self, path: Path) -> None:
        path.write_text(self.weight)

    def load_weights(self, path: Path) -> None:
        if path.read_text() == "damaged":
            raise OSError("unable to open file")
        self.weight = path.read_text()


def test_cached_weights_are_trained_once_and_again_if_the_file_is_damaged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "cache" / "network.weights.h5"
    fits = []

    def train(network: FakeNetwork) -> str:
        def fit() -> None:
            fits.append(1)
            network.weight = "trained"

        cached_weights(path, network, fit)
        return network.weight

    assert [train(FakeNetwork()), train(FakeNetwork())] == ["trained"] * 2
    assert len(fits) == 1
    path.write_text("damaged")
    assert train(FakeNetwork()) == "trained" and len(fits) == 2
    assert "is damaged: trained again" in caplog.text
