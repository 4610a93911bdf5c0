"""pocketsphinx: it spots the words in a stream, or classifies clips. [CLIPS]"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from counting import WORDS, DecisionCounter, blocks, clips
from pocketsphinx import Decoder, get_model_path

THRESHOLD = "1e-5"  # its manual recommends 1e-50 to 1e-5; short words need the upper end
OPTIONS = {"loglevel": "FATAL", "samprate": 16000.0}


def main() -> None:
    counter = DecisionCounter()
    with tempfile.TemporaryDirectory() as folder:
        if sys.argv[1:]:
            counter.write_report(labels=_classify(sys.argv[1], Path(folder)))
            return
        word_list = Path(folder) / "words.list"
        word_list.write_text("".join(f"{word} /{THRESHOLD}/\n" for word in WORDS))
        decoder = Decoder(kws=str(word_list), **OPTIONS)
        decoder.start_utt()
        for block in blocks():
            decoder.process_raw(block)
            hypothesis = decoder.hyp()
            counter.count()
            if hypothesis:
                decoder.end_utt()
                decoder.start_utt()
        decoder.end_utt()
    files = [file for file in Path(get_model_path("en-us/en-us")).rglob("*") if file.is_file()]
    files.append(Path(get_model_path("en-us/cmudict-en-us.dict")))
    counter.write_report(bytes=sum(file.stat().st_size for file in files))


def _classify(path: str, folder: Path) -> list[str]:
    """The label of each clip."""
    grammar = folder / "words.gram"
    grammar.write_text(f"#JSGF V1.0;\ngrammar words;\npublic <word> = {' | '.join(WORDS)};\n")
    decoder = Decoder(jsgf=str(grammar), **OPTIONS)
    labels = []
    for clip in clips(path):
        decoder.start_utt()
        decoder.process_raw(clip, full_utt=True)
        decoder.end_utt()
        hypothesis = decoder.hyp()
        labels.append(hypothesis.hypstr if hypothesis and hypothesis.hypstr else "unknown")
    return labels


main()
