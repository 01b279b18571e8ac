"""Rendered scenes into training scenes: frames shrunk to what the tray finder sees, lattice nodes with them.

usage: prepare.py SET OUT

SET is what `seedgrade render` wrote. OUT gets one `.npz` a scene:
picture  H x W x 3               RGB, shrunk by area so that a block that fills the frame has FILL px a pitch
nodes    (rows+1) x (cols+1) x 2 places of the lattice's nodes in the shrunk picture, px; none: no tray
"""

import argparse
import csv
import hashlib
import json
import tomllib
from pathlib import Path

import cv2
import numpy as np

# More than what the net sees (20): training draws its own scale below this.
FILL = 28
LEAST_SIDE, MOST_SIDE = 314, 896


def read_nodes(path, rows, cols):
    nodes = np.zeros((rows + 1, cols + 1, 2), np.float32)
    with open(path, newline="") as f:
        for r in csv.DictReader(f):
            nodes[int(r["row"]), int(r["col"])] = float(r["x"]), float(r["y"])
    return nodes


def shrink_by(size, rows, cols, fill, sides):
    """Pixels of the shrunk picture a pixel of the frame."""
    width, height = size
    scale = fill / min(width / cols, height / rows)
    longest = max(size)
    return min(1.0, min(max(scale, sides[0] / longest), sides[1] / longest))


def prepare(folder, out, name, _seed=0):
    """Writes a scene of every picture into `out`; returns their number."""
    cv2.setNumThreads(1)
    parsed = tomllib.loads((folder / "dataset.toml").read_text())
    for image in parsed["image"]:
        path = folder / image["file"]
        frame = cv2.imread(str(path), cv2.IMREAD_COLOR)[:, :, ::-1]
        rows = image.get("tray_rows", parsed.get("tray_rows"))
        cols = image.get("tray_cols", parsed.get("tray_cols"))
        size = frame.shape[1], frame.shape[0]
        by = shrink_by(size, rows, cols, FILL, (LEAST_SIDE, MOST_SIDE))
        small = [max(1, round(s * by)) for s in size]
        picture = cv2.resize(np.ascontiguousarray(frame), small, interpolation=cv2.INTER_AREA)
        listed = path.with_suffix("").with_suffix(".nodes.csv")
        nodes = np.zeros((0, 0, 2), np.float32)
        if listed.exists():
            nodes = read_nodes(listed, rows, cols) * (np.array(small) / size).astype(np.float32)
        part = out / f"{name}-{path.stem}.part"
        with open(part, "wb") as f:
            np.savez(f, picture=picture, nodes=nodes, grid=np.array([rows, cols]))
        part.replace(out / f"{name}-{path.stem}.npz")
    return len(parsed["image"])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("set", type=Path)
    parser.add_argument("out", type=Path)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    count = prepare(args.set, args.out, args.set.name)
    digest = hashlib.sha256((args.set / "dataset.toml").read_bytes()).hexdigest()
    with open(args.out / "sets.jsonl", "a") as f:
        f.write(json.dumps({"command": f"set {args.set.name}", "dataset_toml_sha256": digest, "samples": count}) + "\n")


if __name__ == "__main__":
    main()
