"""Pictures of screens with at most 256 colours, which are a third as large and look the same."""

import base64
import struct
import zlib

# The most frequent colours are the palette, and every other one becomes the nearest of them.
REDUCE = """
async (png) => {
  const blob = await (await fetch(`data:image/png;base64,${png}`)).blob();
  const bitmap = await createImageBitmap(blob);
  const { width, height } = bitmap;
  const context = new OffscreenCanvas(width, height).getContext("2d");
  context.drawImage(bitmap, 0, 0);
  const data = context.getImageData(0, 0, width, height).data;
  const colour = (at) => (data[at] << 16) | (data[at + 1] << 8) | data[at + 2];
  const counts = new Map();
  for (let at = 0; at < data.length; at += 4) counts.set(colour(at), (counts.get(colour(at)) ?? 0) + 1);
  const palette = [...counts].sort(([a, m], [b, n]) => n - m || a - b).slice(0, 256).map(([known]) => known);
  const parts = (known) => [known >> 16, (known >> 8) & 255, known & 255];
  const distance = (a, b) => parts(a).reduce((sum, part, i) => sum + (part - parts(b)[i]) ** 2, 0);
  const nearest = new Map(palette.map((known, index) => [known, index]));
  const index = (wanted) => {
    if (!nearest.has(wanted)) {
      const distances = palette.map((known) => distance(known, wanted));
      nearest.set(wanted, distances.indexOf(Math.min(...distances)));
    }
    return nearest.get(wanted);
  };
  let text = "";
  for (let at = 0; at < data.length; at += 4) text += String.fromCharCode(index(colour(at)));
  return { width, height, palette: palette.flatMap(parts), pixels: btoa(text) };
}
"""


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def reduced(browser, png):
    """The same picture, its colours reduced by a browser (https://www.w3.org/TR/png-3/, colour type 3)."""
    page = browser.new_page()
    told = page.evaluate(REDUCE, base64.b64encode(png).decode())
    page.close()
    width, pixels = told["width"], base64.b64decode(told["pixels"])
    # Each line begins with the number of its filter: none.
    lines = b"".join(b"\0" + pixels[start : start + width] for start in range(0, len(pixels), width))
    header = struct.pack(">IIBBBBB", width, told["height"], 8, 3, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"PLTE", bytes(told["palette"])), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*each) for each in chunks)
