"""What is in a video file, without Reelcell's code: MP4 boxes by hand, pictures by the standard's formulas."""
import struct

import av
import numpy as np

STATS_V21 = ["min", "max", "mean", "std", "count"]
STATS_V3 = STATS_V21 + ["q01", "q10", "q50", "q90", "q99"]


def boxes(data, start=0, end=None):
    end = len(data) if end is None else end
    while start + 8 <= end:
        size, kind = struct.unpack_from(">I4s", data, start)
        header = 8
        if size == 1:
            size, header = struct.unpack_from(">Q", data, start + 8)[0], 16
        yield kind.decode("latin1"), start + header, start + size
        start += size


def box(data, path):
    start, end = 0, len(data)
    for part in path.split("/"):
        start, end = next((a, b) for kind, a, b in boxes(data, start, end) if kind == part)
    return start, end


def rgb_of(frame):
    """8-bit 4:2:0 of BT.601 to RGB by the standard's formula: swscale's usual path is one level too dark."""
    height, width = frame.height, frame.width
    planes = frame.to_ndarray().astype(np.float64)
    luma = planes[:height]
    chroma = planes[height:].reshape(2, height // 2, width // 2).repeat(2, axis=1).repeat(2, axis=2) - 128
    full = frame.format.name.startswith("yuvj")
    if not full:
        luma, chroma = (luma - 16) * 255 / 219, chroma * 255 / 224
    rgb = np.stack([luma + 1.402 * chroma[1], luma - 0.344136 * chroma[0] - 0.714136 * chroma[1], luma + 1.772 * chroma[0]])
    return np.clip(np.rint(rgb), 0, 255).astype(np.uint8).reshape(3, -1)


def pixel_sums(path):
    """Histogram of each frame's channels."""
    with av.open(str(path)) as container:
        for frame in container.decode(container.streams.video[0]):
            yield np.stack([np.bincount(channel, minlength=256) for channel in rgb_of(frame)])


def histogram_stats(histogram):
    levels = np.arange(256) / 255.0
    found = {name: [] for name in STATS_V3}
    for row in histogram:
        count = row.sum()
        mean = (row * levels).sum() / count
        ends = np.cumsum(row)
        found["min"].append(levels[row.nonzero()[0][0]])
        found["max"].append(levels[row.nonzero()[0][-1]])
        found["mean"].append(mean)
        found["std"].append(np.sqrt((row * (levels - mean) ** 2).sum() / count))
        for name, share in (("q01", .01), ("q10", .1), ("q50", .5), ("q90", .9), ("q99", .99)):
            found[name].append(levels[np.searchsorted(ends, share * (count - 1), side="right")])
    return found
