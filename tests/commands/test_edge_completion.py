"""Completion in real shells, and man pages that groff accepts."""

from __future__ import annotations

import subprocess
from configparser import ConfigParser

import pytest

from command_process import ROOT
from edge.cli import completion
from edge.commands import edge_completion


def printed(capsys: pytest.CaptureFixture[str], *argv: str) -> str:
    assert edge_completion.main(list(argv)) == 0
    return capsys.readouterr().out


def run(*argv: str, text: str = "") -> str:
    done = subprocess.run(argv, input=text, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and done.stderr == "", done.stderr
    return done.stdout


def test_every_command_is_completed():
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg")
    scripts = setup["options.entry_points"]["console_scripts"].split("\n")
    assert [line.split(" ")[0] for line in scripts if line] == list(completion.COMMANDS)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("kws-listen --thr", ["--threshold"]),
        ("/usr/bin/kws-listen --no-rej", ["--no-rejections"]),
        ("kws-listen --model airdigit", ["airdigit"]),
        ("edge-service inst", ["install"]),
        ("edge-completion ", ["bash", "zsh", "fish", "man"]),
    ],
)
def test_bash_completes_options_values_and_words(capsys, tmp_path, line, expected):
    script = printed(capsys, "bash")
    words = line.split(" ")
    quoted = " ".join(f"'{word}'" for word in words)
    program = f"{script}\nCOMP_WORDS=({quoted}); COMP_CWORD={len(words) - 1}; "
    program += f"_edge_sense '{words[0]}'; printf '%s\\n' \"${{COMPREPLY[@]}}\""
    found = run("bash", "-c", f"cd {tmp_path}; {program}").split("\n")[:-1]
    assert [word for word in found if word.startswith(words[-1])] == expected


def test_zsh_accepts_the_script(capsys, tmp_path):
    (tmp_path / "_edge_sense").write_text(printed(capsys, "zsh"))
    run("zsh", "-n", str(tmp_path / "_edge_sense"))
    program = f"fpath=({tmp_path} $fpath); autoload -U compinit; compinit -D -u; "
    program += "print $_comps[kws-listen] $_comps[edge-bench]"
    assert run("zsh", "-f", "-c", program) == "_edge_sense _edge_sense\n"


@pytest.mark.parametrize(
    ("line", "expected"),
    [("kws-listen --thr", "--threshold"), ("edge-service inst", "install")],
)
def test_fish_completes_options_and_words(capsys, tmp_path, line, expected):
    script = tmp_path / "edge.fish"
    script.write_text(printed(capsys, "fish"))
    found = run("fish", "--no-config", "-c", f"source {script}; complete -C '{line}'")
    assert found.split("\t")[0] == expected or expected in found.split()


@pytest.mark.parametrize("command", completion.COMMANDS)
def test_man_pages_have_every_option_and_no_faults(capsys, command):
    page = printed(capsys, "man", command)
    text = run("groff", "-man", "-Tutf8", "-ww", "-P-cbou", text=page)
    plain = text.replace("‐", "-").replace("−", "-")
    for action in completion.parser_of(command)._actions:
        assert all(name in plain for name in action.option_strings)


def test_a_man_page_of_an_unknown_command_is_an_error(capsys):
    assert edge_completion.main(["bash", "kws-listen"]) == 1
    assert "kws-listen is too much" in capsys.readouterr().err
    assert edge_completion.main(["man", "ls"]) == 1
    assert "choose a command: airdigit-doctor" in capsys.readouterr().err
