"""What a net that is already trained says about crops, for another to learn beside their labels.

usage: teach.py --net seedling.onnx --data CROPS --out TAUGHT [--shards N] [--workers N]

Every crop is shown in the eight turns of the square and the answers are turned back and averaged, which is better than any
one of them. TAUGHT gets the shards of CROPS with, besides what prepare.py wrote:
taught_classes  N x 120 x 120 x 3   probability of healthy, chlorotic, necrotic plant, 0 to 255
taught_heat     N x 60 x 60 x 1     heat of roots, 0 to 255
taught_cells    N x 4 x 4 x 4       probabilities of an empty cell, one plant, several; of a weak plant
"""

import argparse
import functools
import multiprocessing
import shutil
import sys
import time
from pathlib import Path

import numpy as np
import onnxruntime

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "training"))
from prepare import NAMES


@functools.cache
def session(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options)


def turns():
    """The eight turns of the square: there, and back."""
    for k in range(4):
        yield lambda t, k=k: np.rot90(t, k, (1, 2)), lambda t, k=k: np.rot90(t, -k, (1, 2))
        yield (lambda t, k=k: np.rot90(np.flip(t, 2), k, (1, 2)),
               lambda t, k=k: np.flip(np.rot90(t, -k, (1, 2)), 2))


def answers(net, image):
    """Plant classes, root heat and cell states of a 1 x H x W x 3 picture, each the mean over the eight turns."""
    sums = None
    for there, back in turns():
        tray = np.ascontiguousarray(there(image).transpose(0, 3, 1, 2), dtype=np.float32)
        classes, centres, cells = session(net).run(None, {"tray": tray})
        odds = np.exp(classes - classes.max(1, keepdims=True))
        told = ((odds / odds.sum(1, keepdims=True))[:, 1:], centres[:, :1], cells)
        told = [back(t.transpose(0, 2, 3, 1)) for t in told]
        sums = told if sums is None else [a + b for a, b in zip(sums, told)]
    return [s / 8 for s in sums]


def teach(job):
    net, source, out = job
    with np.load(source) as f:
        crops = {n: f[n] for n in NAMES}
    parts = [answers(net, image[None]) for image in crops["images"]]
    classes, heat, cells = (np.concatenate(p) for p in zip(*parts))
    crops |= {"taught_classes": np.rint(classes * 255).astype(np.uint8), "taught_heat": np.rint(heat * 255).astype(np.uint8),
              "taught_cells": cells.astype(np.float32)}
    part = out.with_suffix(".part")
    with open(part, "wb") as f:
        np.savez(f, **crops)
    part.replace(out)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--net", type=Path, required=True)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--shards", type=int, default=1_000_000, help="waits until the data have so many")
    parser.add_argument("--workers", type=int, default=1)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    done = 0
    with multiprocessing.Pool(args.workers) as pool:
        while done < args.shards:
            new = [p for p in sorted(args.data.glob("*.npz")) if not (args.out / p.name).exists()][:args.shards - done]
            pool.map(teach, ((args.net, p, args.out / p.name) for p in new), chunksize=1)
            shutil.copy(args.data / "sets.jsonl", args.out / "sets.jsonl")
            done = len(list(args.out.glob("*.npz")))
            time.sleep(1)


if __name__ == "__main__":
    main()
