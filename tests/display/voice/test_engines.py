"""A natural voice by plug: the loading of Piper's and sherpa-onnx's files, against stand-ins for the two libraries.

The libraries are extras and no voice can be had here; the stand-ins take what the real ones take (piper-tts 1.8,
sherpa-onnx 2.0) and refuse what those refuse.
"""

import sys
import tomllib
from array import array
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest
from click.testing import CliRunner

from display.cli.web import voice
from display.voice.engines import EngineError, PiperEngine, engine_of
from display.voice.speech_audio import RATE, espeak_found, read_clip

VILLAGE = str(Path(__file__).parents[3] / "config" / "halls" / "village.toml")
LOUD = array("h", [20_000] * 4_410)  # a tenth of a second, twice as fast as clips are, in two channels


class StandInVoice:
    """As `piper.PiperVoice`: says a text in chunks, and remembers what it was asked."""

    said: "list[str]" = []  # noqa: RUF012 - emptied by each test

    @staticmethod
    def load(model: str) -> "StandInVoice":
        if Path(model).read_bytes() != b"model":
            raise ValueError("Protobuf parsing failed")
        return StandInVoice()

    def synthesize(self, text: str) -> Any:
        self.said.append(text)
        chunk = SimpleNamespace(audio_int16_bytes=LOUD.tobytes(), sample_rate=2 * RATE, sample_channels=2)
        return [chunk] if text != "Q" else []


def piper_folder(folder: Path, model: bytes = b"model") -> Path:
    folder.mkdir()
    (folder / "zh.onnx").write_bytes(model)
    (folder / "zh.onnx.json").write_text("{}")
    return folder


@pytest.fixture
def piper(monkeypatch: pytest.MonkeyPatch) -> type[StandInVoice]:
    module: Any = ModuleType("piper")
    module.PiperVoice = StandInVoice
    monkeypatch.setitem(sys.modules, "piper", module)
    monkeypatch.setattr(StandInVoice, "said", [])
    return StandInVoice


def test_what_an_engine_says_is_brought_to_the_rate_of_clips(
    piper: type[StandInVoice], tmp_path: Path
) -> None:
    said = engine_of(f"piper:{piper_folder(tmp_path / 'voice')}").say("请")
    assert len(said) == len(LOUD) // 4  # one channel of two, at half the rate
    assert set(said) == {20_000}


def test_a_natural_voice_says_whole_phrases_and_every_message(
    piper: type[StandInVoice], tmp_path: Path
) -> None:
    folder, clips = piper_folder(tmp_path / "voice"), tmp_path / "clips"
    clips.mkdir()
    (clips / "零.wav").write_bytes(b"a recording")
    done = CliRunner().invoke(voice, ["build", str(clips), "--hall", VILLAGE, "--engine", f"piper:{folder}"])
    assert (done.exit_code, done.output.count("说不出：Q")) == (2, 1), (
        done.output
    )  # told, after all others are made
    assert (clips / "零.wav").read_bytes() == b"a recording"
    assert {"请A", "到一号窗口办理", "请保管好随身物品，有序等候"} <= set(piper.said)
    assert len(read_clip(clips / "到一号窗口办理.wav")) > 0
    assert (clips / "通知-order.wav").exists()


def test_a_call_of_phrases_needs_no_synthesiser(piper: type[StandInVoice], tmp_path: Path) -> None:
    hall = tmp_path / "village.toml"
    hall.write_text(Path(VILLAGE).read_text().replace("[voice]", '[voice]\nclips = "clips"'))
    for items in Path(VILLAGE).parent.glob("*.csv"):
        (tmp_path / items.name).write_bytes(items.read_bytes())
    engine = f"piper:{piper_folder(tmp_path / 'voice')}"
    CliRunner().invoke(voice, ["build", str(tmp_path / "clips"), "--hall", str(hall), "--engine", engine])
    for word in ("请", "号", "号窗口", "到"):  # the words alone would do as well
        (tmp_path / "clips" / f"{word}.wav").unlink()
    line = ["say", "A042", "1", "--hall", str(hall), "--out", str(tmp_path / "call.wav")]
    assert CliRunner().invoke(voice, line, env={"PATH": "/nowhere"}).exit_code == 0
    (tmp_path / "clips" / "请A.wav").unlink()  # twin: without the phrase it cannot be said
    assert CliRunner().invoke(voice, line, env={"PATH": "/nowhere"}).exit_code == 2


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("festival", "--engine"),
        ("piper", "--engine"),
        ("espeak-ng:here", "--engine"),
        ("piper:{}/nowhere", "没有文件夹"),
        ("piper:{}", "*.onnx"),
        ("sherpa-onnx:{}", "tokens.txt"),
    ],
)
def test_an_engine_that_cannot_be_is_told_in_words(name: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(EngineError, match=words.replace("*", r"\*")):
        engine_of(name.format(tmp_path))


def test_a_model_that_the_library_refuses_is_told(piper: type[StandInVoice], tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="Protobuf"):
        PiperEngine(piper_folder(tmp_path / "voice", b"<html>"))


def test_a_missing_library_names_what_to_install(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "piper", None)  # as if it were not installed
    with pytest.raises(EngineError, match=r"\.\[piper\]"):
        PiperEngine(piper_folder(tmp_path / "voice"))


# --- sherpa-onnx


def sherpa_module(made: list[dict[str, Any]], valid: bool = True) -> ModuleType:
    module: Any = ModuleType("sherpa_onnx")

    def vits(
        *, model: str, tokens: str, lexicon: str = "", data_dir: str = "", dict_dir: str = ""
    ) -> dict[str, Any]:
        return {
            "model": model,
            "tokens": tokens,
            "lexicon": lexicon,
            "data_dir": data_dir,
            "dict_dir": dict_dir,
        }

    def kokoro(*, voices: str, **rest: str) -> dict[str, Any]:
        return {"voices": voices, **vits(**rest)}

    def config(*, model: dict[str, Any], rule_fsts: str) -> SimpleNamespace:
        made.append({**model, "rule_fsts": rule_fsts})
        return SimpleNamespace(validate=lambda: valid)

    def generate(_text: str, sid: int, speed: float) -> SimpleNamespace:
        return SimpleNamespace(samples=[0.5, -0.5, 2.0], sample_rate=RATE)

    module.OfflineTtsVitsModelConfig, module.OfflineTtsKokoroModelConfig = vits, kokoro
    module.OfflineTtsModelConfig = lambda **parts: parts  # type: ignore[misc]
    module.OfflineTtsConfig = config
    module.OfflineTts = lambda _config: SimpleNamespace(generate=generate)  # type: ignore[misc]
    return module


def sherpa_folder(folder: Path, *more: str) -> Path:
    folder.mkdir()
    for name in ("model.onnx", "tokens.txt", *more):
        (folder / name).write_text("")
    return folder


@pytest.mark.parametrize("kind", ["vits", "kokoro"])
def test_a_sherpa_voice_is_made_of_the_parts_its_folder_has(
    kind: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    made: list[dict[str, Any]] = []
    monkeypatch.setitem(sys.modules, "sherpa_onnx", sherpa_module(made))
    more = ("lexicon.txt", "date.fst", "number.fst", *(["voices.bin"] if kind == "kokoro" else []))
    folder = sherpa_folder(tmp_path / "voice", *more)
    assert list(engine_of(f"sherpa-onnx:{folder}").say("请")) == [
        16_384,
        -16_384,
        32_767,
    ]  # cut off where too loud
    (config,) = made
    assert config[kind]["lexicon"] == str(folder / "lexicon.txt")
    assert config["rule_fsts"] == f"{folder / 'date.fst'},{folder / 'number.fst'}"


def test_a_model_that_sherpa_does_not_take_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(sys.modules, "sherpa_onnx", sherpa_module([], valid=False))
    with pytest.raises(EngineError, match="sherpa-onnx"):
        engine_of(f"sherpa-onnx:{sherpa_folder(tmp_path / 'voice')}")


@pytest.mark.skipif(not espeak_found(), reason="sudo apt install espeak-ng")
def test_espeak_is_an_engine_like_the_others() -> None:
    assert len(engine_of("espeak-ng").say("请")) > RATE / 10


def test_the_extras_named_in_the_words_are_those_of_the_project() -> None:
    text = (Path(__file__).parents[3] / "pyproject.toml").read_text()
    extras = tomllib.loads(text)["project"]["optional-dependencies"]
    assert [extras[name][0].partition(">")[0] for name in ("piper", "sherpa-onnx")] == [
        "piper-tts",
        "sherpa-onnx",
    ]
