"""Pictures and a video for playlists, made here: no file of others lies in the repository."""

import base64
from pathlib import Path

from PIL import Image, ImageDraw
from playwright.sync_api import Page

# A second of a moving square, recorded by the browser itself.
RECORD = """() => new Promise((resolve) => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 320, height: 180 });
  const pen = canvas.getContext("2d");
  const recorder = new MediaRecorder(canvas.captureStream(25), { mimeType: "video/webm" });
  const parts = [];
  recorder.ondataavailable = ({ data }) => parts.push(data);
  recorder.onstop = () => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result.split(",")[1]);
    reader.readAsDataURL(new Blob(parts));
  };
  let step = 0;
  const draw = () => {
    pen.fillStyle = "#205080";
    pen.fillRect(0, 0, 320, 180);
    pen.fillStyle = "#f0c040";
    pen.fillRect(step * 10, 60, 60, 60);
    if (step++ < 20) setTimeout(draw, 40);
    else recorder.stop();
  };
  recorder.start();
  draw();
})"""


def picture(path: Path, size: tuple[int, int] = (1600, 900), colour: str = "#1f6f5c") -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    image = Image.new("RGB", size, colour)
    pen = ImageDraw.Draw(image)
    width, height = size
    for step in range(0, width, 80):
        pen.line((step, 0, width - step, height), fill="#ffffff", width=3)
    image.save(path)
    return path


def video(path: Path, page: Page) -> Path:
    """Have a page of a real browser record it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(base64.b64decode(page.evaluate(RECORD)))
    return path
