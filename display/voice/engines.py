"""Who says the clips: espeak-ng, or a natural voice that the hall has in a folder, by Piper or sherpa-onnx.

A natural voice takes a second for a sentence and some hundred megabytes of memory, so it is not asked while the hall is
open: `hallcall voice build --engine` has it say every clip once, and calls are put together from those. The libraries are
extras (`pip install '.[piper]'`, `'.[sherpa-onnx]'`) and are imported only here.

1. `piper:FOLDER` is a folder with one `*.onnx` and its `*.onnx.json`, as Piper's voices come.
2. `sherpa-onnx:FOLDER` is an unpacked VITS or Kokoro model of sherpa-onnx: one `*.onnx`, `tokens.txt`, and, where the
   model has them, `lexicon*.txt`, `espeak-ng-data`, `dict`, `voices.bin` and `*.fst`.
3. What an engine says is brought to the rate of all clips, one channel, 16 bit.
"""

from array import array
from collections.abc import Iterable
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from display.voice.speech_audio import Samples, espeak, espeak_found, resampled

ENGINES = ("espeak-ng", "piper", "sherpa-onnx")
FULL_SCALE = 32_767
THREADS = 2


class EngineError(Exception):
    """An engine that cannot be used, in Chinese and English."""


class Engine(Protocol):
    """A voice: says a text in Mandarin. Returns no samples where it has none for it."""

    def say(self, text: str) -> Samples: ...


class EspeakEngine:
    """The synthesiser that every hall has."""

    def __init__(self) -> None:
        if not espeak_found():
            raise EngineError(
                "没有 espeak-ng，请安装：sudo apt install espeak-ng / espeak-ng is missing: sudo apt install espeak-ng"
            )

    def say(self, text: str) -> Samples:
        return espeak(text, "zh")


class PiperEngine:
    """A voice of Piper."""

    def __init__(self, folder: Path) -> None:
        model = _only(folder, "*.onnx")
        if not Path(f"{model}.json").is_file():
            raise EngineError(
                f"{model.name} 旁边没有 {model.name}.json / {model.name}.json is missing beside it"
            )
        self._voice = _loaded("piper", "piper", lambda piper: piper.PiperVoice.load(str(model)))

    def say(self, text: str) -> Samples:
        whole: Samples = array("h")
        for chunk in self._voice.synthesize(text):
            samples = array("h", chunk.audio_int16_bytes)
            whole += resampled(samples[:: chunk.sample_channels], chunk.sample_rate)
        return whole


class SherpaEngine:
    """A VITS or Kokoro voice of sherpa-onnx."""

    def __init__(self, folder: Path) -> None:
        files = _sherpa_files(folder)
        self._voice = _loaded("sherpa_onnx", "sherpa-onnx", lambda sherpa: _sherpa_voice(sherpa, files))

    def say(self, text: str) -> Samples:
        audio = self._voice.generate(text, sid=0, speed=1.0)
        return resampled(array("h", _to_16_bit(audio.samples)), int(audio.sample_rate))


def engine_of(name: str) -> Engine:
    """Return the engine that `--engine` names. Raises `EngineError` where it cannot be used."""
    kind, _, where = name.partition(":")
    folder = Path(where).expanduser()
    if kind not in ENGINES or (kind != "espeak-ng") != bool(where):
        zh, en = (
            "--engine 应为 espeak-ng、piper:文件夹 或 sherpa-onnx:文件夹",
            "write espeak-ng, piper:FOLDER or sherpa-onnx:FOLDER",
        )
        raise EngineError(f"{zh} / {en}")
    if where and not folder.is_dir():
        raise EngineError(f"没有文件夹 {folder} / there is no folder {folder}")
    if kind == "piper":
        return PiperEngine(folder)
    return SherpaEngine(folder) if kind == "sherpa-onnx" else EspeakEngine()


def _only(folder: Path, pattern: str) -> Path:
    """Return the one file of this pattern."""
    found = sorted(folder.glob(pattern))
    if len(found) != 1:
        raise EngineError(
            f"{folder} 里应有一个 {pattern}，有 {len(found)} 个 / one {pattern} is wanted there, {len(found)} found"
        )
    return found[0]


def _loaded(module: str, extra: str, load: Any) -> Any:
    """Return what `load` makes of a library. Raises `EngineError` where it is missing or the model does not suit it."""
    try:
        library = import_module(module)
    except ImportError as error:
        raise EngineError(
            f"没有 {extra}，请在程序文件夹里运行 /opt/hallcall/bin/pip install '.[{extra}]' / not installed ({error})"
        ) from None
    try:
        return load(library)
    except EngineError:
        raise
    except Exception as error:  # a library's own errors: files of another model, a newer format
        raise EngineError(f"{extra} 读不了这个声音 / {extra} cannot load this voice: {error}") from error


def _sherpa_files(folder: Path) -> dict[str, str]:
    """Return the parts of a model, by the names sherpa-onnx has for them (rule 2)."""
    if not (folder / "tokens.txt").is_file():
        raise EngineError(f"{folder} 里没有 tokens.txt / there is no tokens.txt in {folder}")
    files = {"model": str(_only(folder, "*.onnx")), "tokens": str(folder / "tokens.txt")}
    for key, name in (("data_dir", "espeak-ng-data"), ("dict_dir", "dict"), ("voices", "voices.bin")):
        if (folder / name).exists():
            files[key] = str(folder / name)
    for key, pattern in (("lexicon", "lexicon*.txt"), ("rule_fsts", "*.fst")):
        if found := sorted(folder.glob(pattern)):
            files[key] = ",".join(map(str, found))
    return files


def _sherpa_voice(sherpa: Any, files: dict[str, str]) -> Any:
    parts = {key: value for key, value in files.items() if key != "rule_fsts"}
    if "voices" in files:
        model = {"kokoro": sherpa.OfflineTtsKokoroModelConfig(**parts)}
    else:
        model = {"vits": sherpa.OfflineTtsVitsModelConfig(**parts)}
    config = sherpa.OfflineTtsConfig(
        model=sherpa.OfflineTtsModelConfig(**model, num_threads=THREADS, provider="cpu"),
        rule_fsts=files.get("rule_fsts", ""),
    )
    if not config.validate():
        raise EngineError(
            "sherpa-onnx 不认这个模型，原因见上 / sherpa-onnx refuses this model; it has said why above"
        )
    return sherpa.OfflineTts(config)


def _to_16_bit(samples: Iterable[float]) -> Iterable[int]:
    return (round(max(-1.0, min(1.0, value)) * FULL_SCALE) for value in samples)
