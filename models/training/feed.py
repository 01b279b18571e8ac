"""Renders sets without end and prepares them, shard by shard, while a net trains on what is already there.

usage: feed.py --seedgrade BINARY --net seedling|tray-finder --out DIR --seed S [--workers N] [--shards N] [--held-out]

Shard k is rendered with the seed S + k, so that one renderer makes the same shards of the same numbers. DIR gets one `.npz` (seedling) or
one a scene (tray-finder), and `sets.jsonl`: a line a shard with its command and the hash of all its files.
"""

import argparse
import functools
import hashlib
import importlib.util
import json
import multiprocessing
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent

# What a shard shows, in turn: the seedling net learns from rectified trays, most of them rendered as such.
SEEDLING = 5 * [["--trays", "24", "--px-per-pitch", "36..84"]] + [
    ["--trays", "12", "--px-per-pitch", "70..110"], ["--trays", "12", "--view", "camera"]]
FINDER = 7 * [["--trays", "16", "--view", "camera"]] + 2 * [["--trays", "10", "--px-per-pitch", "24..84"]] + [
    ["--trays", "16", "--view", "no-tray"]]


@functools.cache
def preparation(net):
    folder = HERE.parent / net / "train"
    sys.path.insert(0, str(folder))
    spec = importlib.util.spec_from_file_location("prepare", folder / "prepare.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def shard(job):
    args, k = job
    kinds = SEEDLING if args.net == "seedling" else FINDER
    words = kinds[k % len(kinds)] + ["--seed", str(args.seed + k), "--encoding", "jpeg" if k % 3 else "png"]
    words += ["--split", "held-out"] if args.held_out else []
    folder = args.out / f"rendering-{k}"
    subprocess.run([args.seedgrade, "-q", "render", "--out", folder, "--jobs", "1", *words], check=True,
                   stdout=subprocess.DEVNULL)
    # dataset.toml tells nothing of the pixels: another renderer can write the same one
    digest = hashlib.sha256()
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes())
    count = preparation(args.net).prepare(folder, args.out, f"{args.seed + k}", args.seed + k)
    shutil.rmtree(folder)
    return {"command": "seedgrade render " + " ".join(words), "files_sha256": digest.hexdigest(), "samples": count}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seedgrade", required=True)
    parser.add_argument("--net", choices=["seedling", "tray-finder"], required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--shards", type=int, default=1_000_000)
    parser.add_argument("--held-out", action="store_true")
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    with multiprocessing.Pool(args.workers) as pool, open(args.out / "sets.jsonl", "a") as log:
        for line in pool.imap(shard, ((args, k) for k in range(args.shards))):
            log.write(json.dumps(line) + "\n")
            log.flush()


if __name__ == "__main__":
    main()
