"""`hallcall web` and `hallcall voice` as one types them."""

import socket
import subprocess
import sys
import wave
from pathlib import Path

import pytest
from click.testing import CliRunner

from display.cli.web import voice, web
from display.voice.speech_audio import espeak_found

HALLS = Path(__file__).parents[3] / "config" / "halls"
VILLAGE = str(HALLS / "village.toml")
needs_espeak = pytest.mark.skipif(not espeak_found(), reason="sudo apt install espeak-ng")


@needs_espeak
def test_a_call_is_said_into_a_file(tmp_path: Path) -> None:
    out = tmp_path / "call.wav"
    result = CliRunner().invoke(voice, ["say", "a042", "3", "--out", str(out)])
    assert result.exit_code == 0
    assert "请A零四二号，到三号窗口办理" in result.output
    with wave.open(str(out)) as file:
        assert file.getnframes() / file.getframerate() > 3


def test_a_window_the_hall_has_not_is_named(tmp_path: Path) -> None:
    result = CliRunner().invoke(
        voice, ["say", "A042", "9", "--hall", VILLAGE, "--out", str(tmp_path / "x.wav")]
    )
    assert result.exit_code == 2
    assert "没有窗口 9" in result.output


@needs_espeak
def test_clips_are_built_once_and_never_over_a_recording(tmp_path: Path) -> None:
    (tmp_path / "零.wav").write_bytes(b"a recording")
    first = CliRunner().invoke(voice, ["build", str(tmp_path), "--hall", VILLAGE])
    assert first.exit_code == 0
    assert (tmp_path / "零.wav").read_bytes() == b"a recording"
    assert (tmp_path / "号窗口.wav").exists()
    assert "新做 0 个" in CliRunner().invoke(voice, ["build", str(tmp_path), "--hall", VILLAGE]).output


def test_without_espeak_building_says_what_to_install(tmp_path: Path) -> None:
    result = CliRunner().invoke(voice, ["build", str(tmp_path)], env={"PATH": "/nowhere"})
    assert result.exit_code == 2
    assert "apt install espeak-ng" in result.output


def test_without_espeak_a_call_cannot_be_said_and_that_is_told(tmp_path: Path) -> None:
    out = tmp_path / "call.wav"
    result = CliRunner().invoke(voice, ["say", "A042", "3", "--out", str(out)], env={"PATH": "/nowhere"})
    assert result.exit_code == 2
    assert "apt install espeak-ng" in result.output
    assert not out.exists()


@needs_espeak
def test_recordings_need_no_espeak(tmp_path: Path) -> None:
    hall = tmp_path / "village.toml"
    hall.write_text(Path(VILLAGE).read_text().replace("[voice]", '[voice]\nclips = "clips"'))
    for items in HALLS.glob("*.csv"):
        (tmp_path / items.name).write_bytes(items.read_bytes())
    assert CliRunner().invoke(voice, ["build", str(tmp_path / "clips"), "--hall", str(hall)]).exit_code == 0
    line = ["say", "A042", "1", "--hall", str(hall), "--out", str(tmp_path / "call.wav")]
    assert CliRunner().invoke(voice, line, env={"PATH": "/nowhere"}).exit_code == 0


def test_a_port_in_use_is_told_with_the_next_step(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        result = CliRunner().invoke(web, [VILLAGE, "--data", str(tmp_path), "--port", port])
    assert result.exit_code == 2
    assert f"端口 {port} 已被占用" in result.output


def test_who_is_not_enrolled_hears_the_whole_command_before_it_is_ready(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "caller.cli", "web", VILLAGE, "--data", str(tmp_path), "--port", "0"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    try:
        assert process.stdout
        lines = [process.stdout.readline() for _ in range(3)]
    finally:
        process.kill()
        process.communicate()
    assert f"hallcall enrol web web --data {tmp_path}" in lines[0]
    assert "pages only" in lines[1]
    assert lines[2].startswith("web ready ")


def test_a_hall_with_mistakes_does_not_start(tmp_path: Path) -> None:
    hall = tmp_path / "bad.toml"
    hall.write_text("[hall]\nnmae = 'x'\n")
    result = CliRunner().invoke(web, [str(hall), "--data", str(tmp_path)])
    assert result.exit_code == 2
    assert "hallcall check" in result.output
