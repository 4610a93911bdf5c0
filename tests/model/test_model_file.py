"""Model files: the manifest is written and read, and damaged or altered files are refused."""

from __future__ import annotations

import io
import json
import math
import os
import zipfile

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edge.errors import ModelError
from edge.model import attach, read_manifest
from edge.model.manifest import fingerprint
from edge.model.model_file import parse_model
from probe_model import NETWORK, SPECIFICATION, assert_refused, manifest

MODEL_FILE = attach(NETWORK, manifest())


def with_flipped_bit(data: bytes, position: int) -> bytes:
    return data[:position] + bytes([data[position] ^ 1]) + data[position + 1 :]


def with_document(document: str) -> bytes:
    """A model file with any text as its manifest.json."""
    file = io.BytesIO(NETWORK)
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr("manifest.json", document)
    return file.getvalue()


def document_of(data: bytes) -> dict:
    return json.loads(zipfile.ZipFile(io.BytesIO(data)).read("manifest.json"))


def test_a_manifest_is_read_as_it_was_attached(model_file):
    assert read_manifest(model_file()) == manifest()


def test_the_same_network_and_manifest_give_the_same_bytes():
    assert attach(NETWORK, manifest()) == MODEL_FILE
    assert MODEL_FILE.startswith(NETWORK)


def test_a_second_attach_replaces_the_manifest():
    first = attach(NETWORK, manifest(labels=["x", "y"]))
    assert attach(first, manifest()) == MODEL_FILE


def test_the_zip_contains_labels_and_manifest():
    with zipfile.ZipFile(io.BytesIO(MODEL_FILE)) as archive:
        assert archive.read("labels.txt") == b"one\ntwo\nnone\n"
        assert json.loads(archive.read("manifest.json"))["input_hash"] == manifest().input_hash


def test_the_input_hash_depends_on_values_and_not_on_their_order():
    reversed_order = dict(reversed(SPECIFICATION.items()))
    assert manifest(input=reversed_order).input_hash == manifest().input_hash
    assert manifest(input={**SPECIFICATION, "points": 33}).input_hash != manifest().input_hash


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is not a TFLite model"),
        (b"t_ms,ax,ay,az\n0,0,0,9.8\n", "is not a TFLite model"),
        (NETWORK, "has no manifest"),
        (MODEL_FILE[:-30], "is damaged"),
        (MODEL_FILE[:400], "is damaged"),
        (with_flipped_bit(MODEL_FILE, len(NETWORK) + 100), "is damaged"),
        (MODEL_FILE.replace(b"\x1c\0\0\0", b"\x20\0\0\0", 1), "was altered"),
        (with_document("{"), "is damaged"),
        (with_document("[1]"), "is damaged"),
        (with_document('{"format": 2}'), "is damaged.*labels|is damaged.*task"),
        (with_document("[" * 100_000), "is damaged"),
        (with_document('{"format": 3}'), "manifest of format 3.*install the edge-sense"),
    ],
)
def test_a_file_without_a_usable_manifest_is_refused(tmp_path, content, message):
    path = tmp_path / "some.tflite"
    path.write_bytes(content)
    assert_refused(path, message)


def test_an_altered_specification_is_refused(tmp_path):
    altered = document_of(MODEL_FILE)
    altered["input"]["points"] = 64
    path = tmp_path / "some.tflite"
    path.write_bytes(with_document(json.dumps(altered)))
    assert_refused(path, "was altered")


@pytest.mark.parametrize(
    ("number", "message"),
    [("NaN", "NaN is not JSON"), ("-Infinity", "not JSON"), ("1e999", "'1e999' is too large")],
)
def test_a_number_that_is_not_finite_is_refused(tmp_path, number, message):
    altered = document_of(MODEL_FILE)
    altered["provenance"] = "here"
    path = tmp_path / "some.tflite"
    path.write_bytes(with_document(json.dumps(altered).replace('"here"', f'{{"x": {number}}}')))
    assert_refused(path, f"is damaged.*{message}")


def test_a_file_of_2_gb_is_refused_without_reading_it(tmp_path):
    path = tmp_path / "film.tflite"
    with path.open("wb") as file:
        file.write(NETWORK)
        file.truncate(2 << 30)
    assert_refused(path, "has 2048 MB, more than the 64 MB")


def test_a_path_that_is_not_a_file_is_refused(tmp_path):
    assert_refused(tmp_path, "is not a file")
    assert_refused(tmp_path / "absent.tflite", "does not exist")
    os.mkfifo(tmp_path / "pipe")
    assert_refused(tmp_path / "pipe", "is not a file")
    assert_refused("/dev/zero", "is not a file")


@settings(max_examples=300, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    length=st.integers(0, len(MODEL_FILE)),
    changes=st.lists(
        st.tuples(st.integers(0, len(MODEL_FILE) - 1), st.integers(0, 255)), max_size=8
    ),
)
def test_every_damage_is_detected_or_changes_nothing(length, changes):
    data = bytearray(MODEL_FILE)
    for position, value in changes:
        data[position] = value
    try:
        network, found = parse_model(bytes(data[:length]), "some.tflite")
    except ModelError:
        return
    assert (network, found) == (NETWORK, manifest())


def test_the_fingerprint_of_a_specification_is_short_and_refuses_what_json_cannot_hold():
    assert len(fingerprint({"kind": "sound", "bands": 40})) == 16
    assert fingerprint({"a": 1, "b": 2}) == fingerprint({"b": 2, "a": 1}) != fingerprint({"a": 1})
    with pytest.raises(ValueError, match="JSON"):
        fingerprint({"kind": math.nan})
