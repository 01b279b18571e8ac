"""Rendered trays into training crops: 4 x 4 cells with a margin of half a pitch, 48 px a pitch.

usage: prepare.py SET OUT [--jitter J] [--seed S] [--copies C]

SET is what `seedgrade render` wrote. OUT gets memory-mapped arrays and `crops.json`:
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
import sys
from concurrent.futures import ProcessPoolExecutor
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
    rows, cols = nodes.shape[0] - 1, nodes.shape[1] - 1
    pitch = PITCH * oversample

    def axis(cells):
        at = (np.arange((cells + 1) * pitch) + 0.5) / pitch - 0.5
        cell = np.clip(np.floor(at), 0, cells - 1).astype(int)
        return cell, (at - cell).astype(np.float32)

    r, v = axis(rows)
    c, u = axis(cols)
    v, u = v[:, None, None], u[None, :, None]
    corner = lambda dr, dc: nodes[(r + dr)[:, None], (c + dc)[None, :]]
    top = corner(0, 0) * (1 - u) + corner(0, 1) * u
    bottom = corner(1, 0) * (1 - u) + corner(1, 1) * u
    return (top * (1 - v) + bottom * v - 0.5).astype(np.float32)


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


def rectify_labels(plants, semantic, nodes):
    """Class shares at stride 2 and plant ids at stride 4."""
    m = sampling_map(nodes, 1)
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


def roots_in_rectified(points, nodes):
    """Frame points into rectified pixels: the nearest of every fourth, then the nearest around it."""
    if not len(points):
        return np.zeros((0, 2), np.float32)
    m = sampling_map(nodes, 1) + 0.5
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
    shares, ids = rectify_labels(plants, semantic, nodes)
    roots = read_rows(f"{stem}.plants.csv")
    true_nodes = read_nodes(f"{stem}.nodes.csv", rows, cols)
    at = roots_in_rectified(
        [frame_point(true_nodes, float(r["x_pitch"]), float(r["y_pitch"])) for r in roots], nodes)
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
            count[cell] = int(c["plants"]) if c["plants"] else SOME
    return [crop(image, shares, ids, root_of, count, sick, r, c)
            for r in block_starts(rows) for c in block_starts(cols)]


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


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("set", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--jitter", type=float, default=0.12, help="spread of the lattice's error, pitches")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    trays = [t for t in trays_of(args.set) if min(t["rows"], t["cols"]) >= BLOCK]
    jobs = [(args.set, t, args.jitter, (args.seed, i)) for i, t in enumerate(trays)]
    total = sum(len(block_starts(t["rows"])) * len(block_starts(t["cols"])) for t in trays)
    args.out.mkdir(parents=True, exist_ok=True)
    shapes = {"images": ((SIDE, SIDE, 3), "u1"), "classes": ((SIDE // 2, SIDE // 2, 3), "u1"),
              "owners": ((SIDE // 4, SIDE // 4), "u1"), "roots": ((MOST_ROOTS, 3), "f4"),
              "cells": ((BLOCK, BLOCK), "u1"), "weak": ((BLOCK, BLOCK), "u1")}
    arrays = {k: np.lib.format.open_memmap(args.out / f"{k}.npy", "w+", t, (total, *s))
              for k, (s, t) in shapes.items()}
    at = 0
    with ProcessPoolExecutor(args.jobs) as pool:
        for done, crops in enumerate(pool.map(crops_of_tray, jobs, chunksize=4)):
            for parts in crops:
                for name, value in zip(shapes, parts):
                    arrays[name][at] = value
                at += 1
            if done % 200 == 0:
                print(f"{done}/{len(jobs)} trays, {at} crops", file=sys.stderr, flush=True)
    for a in arrays.values():
        a.flush()
    digest = hashlib.sha256((args.set / "dataset.toml").read_bytes()).hexdigest()
    (args.out / "crops.json").write_text(json.dumps(
        {"set": args.set.name, "dataset_toml_sha256": digest, "trays": len(trays), "crops": at,
         "jitter": args.jitter, "seed": args.seed}))


if __name__ == "__main__":
    main()
