"""Rendered trays into training crops: 4 x 4 cells with a margin of half a pitch, 48 px a pitch.

usage: prepare.py SET OUT [--jitter J] [--seed S]

SET is what `seedgrade render` wrote. OUT gets `<set>.npz` and a line in `sets.jsonl`:
images   N x 240 x 240 x 3     RGB
classes  N x 120 x 120 x 3     share of healthy, chlorotic, necrotic plant in a pixel, 0 to 255
owners   N x 60 x 60           plant within the crop, 0 none
roots    N x 96 x 3            x, y of a plant's root in crop pixels, 1 if inside the crop
cells    N x 4 x 4             plants rooted in the cell, 255 unlabelled, 254 some, nobody could count them
weak     N x 4 x 4             1 weak (chlorotic or necrotic), 0 healthy, 255 no plant
"""

import argparse
import csv
import hashlib
import json
from pathlib import Path

import cv2
import numpy as np

from net import PITCH

BLOCK = 4
SIDE = (BLOCK + 1) * PITCH
MOST_ROOTS = 96
UNLABELLED = 255  # nobody could tell
SOME = 254  # seedlings, nobody could tell how many


def read_rows(path):
    with open(path, newline="") as f:
        return list(csv.DictReader(f))


def read_nodes(path, rows, cols):
    nodes = np.zeros((rows + 1, cols + 1, 2), np.float32)
    for r in read_rows(path):
        nodes[int(r["row"]), int(r["col"])] = float(r["x"]), float(r["y"])
    return nodes


def cross(a, b):
    """z of the cross product of vectors in the plane."""
    return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]


def jittered(nodes, amount, rng):
    """What the tray finder gets wrong: a shift, a turn, a stretch and a smooth bend of the lattice."""
    rows, cols = nodes.shape[:2]
    pitch = np.sqrt(abs(cross(nodes[-1, -1] - nodes[0, 0], nodes[-1, 0] - nodes[0, -1]) / 2
                        / max(1, (rows - 1) * (cols - 1))))
    shift = rng.normal(0, 0.4 * amount, 2)
    coarse = rng.normal(0, 0.4 * amount, (3, 3, 2)).astype(np.float32)
    bend = cv2.resize(coarse, (cols, rows), interpolation=cv2.INTER_LINEAR).reshape(rows, cols, 2)
    alone = rng.normal(0, 0.15 * amount, nodes.shape)
    return (nodes + pitch * (shift + bend + alone)).astype(np.float32)


def sampling_map(nodes, oversample=1):
    """Frame positions of the rectified pixels: bilinear within a cell, continued beyond the block."""

    def weights(cells):
        at = (np.arange((cells + 1) * PITCH * oversample) + 0.5) / (PITCH * oversample) - 0.5
        cell = np.clip(np.floor(at), 0, cells - 1).astype(int)
        out = np.zeros((len(at), cells + 1), np.float32)
        out[np.arange(len(at)), cell + 1] = at - cell
        out[np.arange(len(at)), cell] = 1 - (at - cell)
        return out

    down, along = weights(nodes.shape[0] - 1), weights(nodes.shape[1] - 1)
    return np.stack([down @ (nodes[..., k] @ along.T) for k in (0, 1)], -1) - np.float32(0.5)


def rectify(picture, nodes):
    """The rectified picture, as the inspection makes it: the mean of taps x taps bilinear samples."""
    rows, cols = nodes.shape[0] - 1, nodes.shape[1] - 1
    area = np.mean(np.abs(cross(nodes[1:, 1:] - nodes[:-1, :-1], nodes[1:, :-1] - nodes[:-1, 1:]))) / 2
    taps = int(np.clip(np.floor(np.sqrt(area) / PITCH + 0.5), 1, 8))
    m = sampling_map(nodes, taps)
    warped = cv2.remap(picture, m[..., 0], m[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    if taps > 1:
        warped = cv2.resize(warped, ((cols + 1) * PITCH, (rows + 1) * PITCH), interpolation=cv2.INTER_AREA)
    return warped


def rectify_labels(plants, semantic, m):
    """Class shares at stride 2 and plant ids at stride 4."""
    ids = cv2.remap(plants, m[..., 0], m[..., 1], cv2.INTER_NEAREST, borderMode=cv2.BORDER_CONSTANT)
    kinds = [
        cv2.remap((semantic == k).astype(np.float32), m[..., 0], m[..., 1], cv2.INTER_LINEAR,
                  borderMode=cv2.BORDER_CONSTANT)
        for k in (1, 2, 3)
    ]
    h, w = ids.shape
    shares = np.stack([cv2.resize(k, (w // 2, h // 2), interpolation=cv2.INTER_AREA) for k in kinds], -1)
    return (shares * 255 + 0.5).astype(np.uint8), ids[1::4, 1::4]


def frame_point(nodes, x, y):
    """Where a point of the tray lies in the frame: bilinear within its cell."""
    rows, cols = nodes.shape[0] - 1, nodes.shape[1] - 1
    c, r = int(np.clip(np.floor(x), 0, cols - 1)), int(np.clip(np.floor(y), 0, rows - 1))
    u, v = x - c, y - r
    top = nodes[r, c] * (1 - u) + nodes[r, c + 1] * u
    bottom = nodes[r + 1, c] * (1 - u) + nodes[r + 1, c + 1] * u
    return top * (1 - v) + bottom * v


def roots_in_rectified(points, m):
    """Frame points into rectified pixels: the nearest of every fourth, then the nearest around it."""
    if not len(points):
        return np.zeros((0, 2), np.float32)
    m = m + np.float32(0.5)
    sparse = m[::4, ::4]
    flat = sparse.reshape(-1, 2)
    out = []
    for p in points:
        i = int(np.argmin(((flat - p) ** 2).sum(1)))
        x, y = max(0, i % sparse.shape[1] * 4 - 3), max(0, i // sparse.shape[1] * 4 - 3)
        near = ((m[y:y + 7, x:x + 7] - p) ** 2).sum(-1)
        dy, dx = np.unravel_index(int(np.argmin(near)), near.shape)
        out.append((x + dx + 0.5, y + dy + 0.5))
    return np.array(out, np.float32)


def crops_of_tray(job):
    folder, tray, jitter, seed = job
    rng = np.random.default_rng(seed)
    stem = folder / "trays" / tray["id"]
    picture = cv2.imread(str(folder / tray["file"]), cv2.IMREAD_COLOR)[:, :, ::-1]
    plants = cv2.imread(f"{stem}.plants.png", cv2.IMREAD_UNCHANGED)
    semantic = cv2.imread(f"{stem}.semantic.png", cv2.IMREAD_UNCHANGED)
    rows, cols = tray["rows"], tray["cols"]
    nodes = jittered(read_nodes(f"{stem}.nodes.csv", rows, cols), jitter, rng)
    image = rectify(np.ascontiguousarray(picture), nodes)
    m = sampling_map(nodes)
    shares, ids = rectify_labels(plants, semantic, m)
    roots = read_rows(f"{stem}.plants.csv")
    true_nodes = read_nodes(f"{stem}.nodes.csv", rows, cols)
    at = roots_in_rectified(
        [frame_point(true_nodes, float(r["x_pitch"]), float(r["y_pitch"])) for r in roots], m)
    root_of = {int(r["plant"]): p for r, p in zip(roots, at) if r["readable"] == "1"}
    count = np.zeros((rows, cols), np.uint8)
    sick = np.full((rows, cols), 255, np.uint8)
    for r in roots:
        if r["row"] == "" or r["readable"] == "0":
            continue
        cell = int(r["row"]), int(r["col"])
        weak = int(r["class"]) > 1
        sick[cell] = max(int(weak), 0 if sick[cell] == 255 else int(sick[cell]))
    for c in read_rows(f"{stem}.cells.csv"):
        cell = int(c["row"]), int(c["col"])
        if c["state"] == "unlabelled":
            count[cell] = UNLABELLED
        elif c["state"] == "seedling":
            count[cell] = int(c["plants"]) if c.get("plants") else SOME
    size = picture.shape[1], picture.shape[0]
    return [crop(image, shares, ids, root_of, count, sick, r, c)
            for r in block_starts(rows) for c in block_starts(cols)
            if in_view(true_nodes[r:r + BLOCK + 1, c:c + BLOCK + 1], size)]


def in_view(nodes, size):
    """Whether the picture shows all of a block of cells."""
    return bool(((nodes >= 0) & (nodes <= size)).all())


def block_starts(cells):
    starts = list(range(0, cells - BLOCK + 1, BLOCK))
    if cells % BLOCK and cells > BLOCK:
        starts.append(cells - BLOCK)
    return starts


def crop(image, shares, ids, root_of, count, sick, row, col):
    y, x = row * PITCH, col * PITCH
    part = np.ascontiguousarray(ids[y // 4:(y + SIDE) // 4, x // 4:(x + SIDE) // 4])
    owners = np.zeros_like(part, np.uint8)
    roots = np.zeros((MOST_ROOTS, 3), np.float32)
    for k, plant in enumerate([p for p in np.unique(part) if p][:MOST_ROOTS]):
        owners[part == plant] = k + 1
        if plant in root_of:
            rx, ry = root_of[plant] - (x, y)
            roots[k] = rx, ry, 1
    return (image[y:y + SIDE, x:x + SIDE], shares[y // 2:(y + SIDE) // 2, x // 2:(x + SIDE) // 2],
            owners, roots, count[row:row + BLOCK, col:col + BLOCK], sick[row:row + BLOCK, col:col + BLOCK])


def trays_of(folder):
    import tomllib

    described = tomllib.loads((folder / "dataset.toml").read_text())
    for image in described["image"]:
        name = image["file"]
        yield {"file": name, "id": name.removeprefix("trays/").rsplit(".", 1)[0],
               "rows": image.get("tray_rows", described.get("tray_rows")),
               "cols": image.get("tray_cols", described.get("tray_cols"))}


NAMES = ("images", "classes", "owners", "roots", "cells", "weak")


def prepare(folder, out, name, seed, jitter=0.12):
    """Writes `<name>.npz` into `out`; returns the number of crops."""
    cv2.setNumThreads(1)
    trays = [t for t in trays_of(folder) if min(t["rows"], t["cols"]) >= BLOCK]
    crops = [c for i, t in enumerate(trays) for c in crops_of_tray((folder, t, jitter, (seed, i)))]
    if crops:
        part = out / f"{name}.part"
        with open(part, "wb") as f:
            np.savez(f, **{n: np.stack([c[k] for c in crops]) for k, n in enumerate(NAMES)})
        part.replace(out / f"{name}.npz")
    return len(crops)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("set", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--jitter", type=float, default=0.12, help="spread of the lattice's error, pitches")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    count = prepare(args.set, args.out, args.set.name, args.seed, args.jitter)
    digest = hashlib.sha256((args.set / "dataset.toml").read_bytes()).hexdigest()
    with open(args.out / "sets.jsonl", "a") as f:
        f.write(json.dumps({"command": f"set {args.set.name}", "dataset_toml_sha256": digest, "samples": count}) + "\n")


if __name__ == "__main__":
    main()
