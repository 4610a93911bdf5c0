"""pocketsphinx: it spots the words in a stream, or takes a clip for one of them. [CLIPS]"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from pocketsphinx import Decoder, get_model_path
from telling import Teller, pieces, seconds_of

WORDS = ("down", "go", "left", "no", "off", "on", "right", "stop", "up", "yes")
THRESHOLD = "1e-5"  # its manual: between 1e-50 and 1e-5 for words so short
QUIET = {"loglevel": "FATAL", "samprate": 16000.0}


def main() -> None:
    teller = Teller()
    with tempfile.TemporaryDirectory() as folder:
        if sys.argv[1:]:
            teller.tell(heard=_heard(sys.argv[1], Path(folder)))
            return
        listed = Path(folder) / "words.list"
        listed.write_text("".join(f"{word} /{THRESHOLD}/\n" for word in WORDS))
        decoder = Decoder(kws=str(listed), **QUIET)
        decoder.start_utt()
        for piece in pieces():
            decoder.process_raw(piece)
            found = decoder.hyp()
            teller.decided()
            if found:
                decoder.end_utt()
                decoder.start_utt()
        decoder.end_utt()
    files = [file for file in Path(get_model_path("en-us/en-us")).rglob("*") if file.is_file()]
    files.append(Path(get_model_path("en-us/cmudict-en-us.dict")))
    teller.tell(bytes=sum(file.stat().st_size for file in files))


def _heard(clips: str, folder: Path) -> list[str]:
    grammar = folder / "words.gram"
    grammar.write_text(f"#JSGF V1.0;\ngrammar words;\npublic <word> = {' | '.join(WORDS)};\n")
    decoder = Decoder(jsgf=str(grammar), **QUIET)
    heard = []
    for clip in seconds_of(clips):
        decoder.start_utt()
        decoder.process_raw(clip, full_utt=True)
        decoder.end_utt()
        found = decoder.hyp()
        heard.append(found.hypstr if found and found.hypstr else "unknown")
    return heard


main()
