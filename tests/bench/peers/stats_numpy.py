#!/usr/bin/python3
"""Statistics as LeRobot makes them, with numpy: each episode by itself, then pooled. usage: FILE.f32 ROWS WIDTH GROUPS exact|histogram

exact      min, max, mean, std and np.quantile (what Reelcell promises)
histogram  min, max, mean, std and quantiles from 5000 bins a column, as LeRobot's running statistics do: not exact, so not compared
"""
import json
import resource
import sys
import time

import numpy as np

QUANTILES = [0.01, 0.10, 0.50, 0.90, 0.99]


def cpu():
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def moments(x):
    return [x.min(axis=0), x.max(axis=0), x.mean(axis=0, dtype=np.float64), x.std(axis=0, dtype=np.float64)]


def exact(x):
    return moments(x) + list(np.quantile(x.astype(np.float64), QUANTILES, axis=0))


def histogram(x):
    out = moments(x)
    columns = []
    for k in range(x.shape[1]):
        counts, edges = np.histogram(x[:, k], bins=5000)
        columns.append(edges[np.searchsorted(np.cumsum(counts), np.array(QUANTILES) * len(x))])
    return out + list(np.array(columns).T)


def main():
    path, rows, width, groups, mode = sys.argv[1], *map(int, sys.argv[2:5]), sys.argv[5]
    data = np.fromfile(path, dtype=np.float32).reshape(groups, rows, width)
    stats = exact if mode == "exact" else histogram
    wall, used = time.monotonic(), cpu()
    each = [stats(episode) for episode in data] if groups > 1 else []
    each.append(stats(data.reshape(-1, width)))
    cost = {"wall": time.monotonic() - wall, "cpu": cpu() - used, "count": groups * rows * width}
    chosen = [each[0], each[len(each) // 2], each[-1]]
    cost["check"] = json.dumps([[list(map(float, stat)) for stat in entry] for entry in chosen])
    print(json.dumps(cost))


main()
