"""seedgrade against its peers, alternating, in one run: ratios with their spread.

usage: run.py [--trays N] [--tray RxC] [--px-per-pitch P] [--frame WxH] [--rounds R] [--workers W] [--precision P] [--no-build]

Builds seedgrade and `bare.rs`, renders N trays, saves them as frames of a camera (JPEG of quality 90), has seedgrade
judge them (which also tells the peers where the trays lie), checks that the peers see the same plants, then times
everything R times in turn, all with the net of that precision (`single`, or `eight-bit` on a CPU with VNNI). Needs Python with numpy, opencv-python-headless and onnxruntime.
"""

import argparse
import json
import os
import resource
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import cv2

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
RELEASE = ROOT / "target" / "release"
KINDS = ("full", "reduced", "bare", "colour")
# Cells in which a peer with the same net may see something else: it takes one perspective for the whole tray where
# seedgrade follows every wall, and decodes otherwise. Trays whose walls drift so far that it sees more than that of them
# otherwise would make it do other work: they are left out, rendered walls drifting a lot, and no more than that share of all.
MOST_DIFFERENT = 0.05
MOST_LEFT_OUT = 0.3
# The colour of the belt around a tray, BGR.
BELT = (72, 68, 66)


# The net's file by its precision.
FILES = {"single": "seedling.onnx", "eight-bit": "seedling.int8.onnx"}


def grade(binary, grid, folder, workers, precision="single"):
    """Reports, seconds and CPU seconds of one `grade`; its start is in them."""
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run([binary, "--precision", precision, "grade", "--json", "--jobs", str(workers), "--tray", grid, str(folder)],
                          capture_output=True, text=True, check=True)
    seconds, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return [json.loads(line) for line in done.stdout.splitlines()], seconds, cpu


def peer(kind, folder, corners, workers, precision):
    if kind == "bare":
        command = [str(RELEASE / "examples" / "bare"), str(folder), str(corners), str(workers), precision]
    else:
        command = [sys.executable, str(HERE / "peer.py"), kind, str(folder), str(corners),
                   str(ROOT / "models" / "seedling" / FILES[precision]), str(workers)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def as_camera(folder, size):
    """Every picture of a set as a camera would save it: a JPEG of a frame of this size with the tray in the middle."""
    for path in [p for p in folder.glob("*.png") if "." not in p.stem]:
        picture = cv2.imread(str(path))
        more = [max(0, n - m) for n, m in zip(size, picture.shape[1::-1])]
        left, top = more[0] // 2, more[1] // 2
        frame = cv2.copyMakeBorder(picture, top, more[1] - top, left, more[0] - left, cv2.BORDER_CONSTANT, value=BELT)
        cv2.imwrite(str(path.with_suffix(".jpg")), frame, [cv2.IMWRITE_JPEG_QUALITY, 90])
        path.unlink()


def agreement(report, peer_cells):
    """The share of a tray's cells in which a peer sees what seedgrade sees."""
    same = [(cell["occupied"] > 0.5) == peer_cells[cell["row"]][cell["col"]] for cell in report["cells"]]
    return statistics.mean(same)


def alike(reports, tell, peers):
    """Reports of the trays that every peer sees as seedgrade does, told to the peers; ends the run where too few are."""
    corners = tell(reports)
    seen = {kind: [agreement(*pair) for pair in zip(reports, answer(corners)["occupied"])] for kind, answer in peers.items()}
    for kind, shares in seen.items():
        print(f"{kind}: sees what seedgrade sees in {statistics.mean(shares):.2%} of the cells, "
              f"of the worst tray in {min(shares):.2%}")
    kept = [r for r, *shares in zip(reports, *seen.values()) if 1 - min(shares) <= MOST_DIFFERENT]
    print(f"{len(reports) - len(kept)} of {len(reports)} trays are left out: a peer sees more than {MOST_DIFFERENT:.0%} of them otherwise")
    if len(kept) < (1 - MOST_LEFT_OUT) * len(reports):
        sys.exit("the peers do other work: nothing was timed")
    return kept


def build(root):
    """The release build, with libjpeg-turbo where it can be built."""
    found = shutil.which("cmake") and shutil.which("nasm")
    with_turbo = ["--features", "turbojpeg"] if found else []
    if not found:
        print("cmake or nasm is not installed: seedgrade decodes every picture at its full size")
    subprocess.run(["cargo", "build", "--release", "--bin", "seedgrade", "--example", "bare", *with_turbo], cwd=root, check=True)


def outside_the_nets(alone, peers, count):
    """What a tray costs beside the nets, ms of CPU: `alone` are reports that one worker made, so that a stage's time is its CPU."""
    stages = {k: statistics.mean(r["timing_ms"][k] for r in alone) for k in alone[0]["timing_ms"]}
    print("stages on one worker, mean ms: " + ", ".join(f"{k} {v:.1f}" for k, v in stages.items()))
    told = sum(stages[k] for k in ("decode", "rectify", "measure"))
    for kind, runs in peers.items():
        theirs = statistics.median(1e3 * (r["cpu_seconds"] - r["net_cpu_seconds"]) / count for r in runs)
        print(f"outside the net, where the tray lies being told: {told:.1f} ms against {kind}'s {theirs:.1f}: × {told / theirs:.2f}")
    ours = stages["rectify"] + stages["measure"]
    arrays = statistics.median(1e3 * r["array_cpu_seconds"] / count for r in peers["full"])
    print(f"rectify and measure {ours:.1f} ms against warpPerspective and connectedComponentsWithStats alone {arrays:.1f}: "
          f"× {ours / arrays:.2f}")


def spread(values):
    ordered = sorted(values)
    return f"{statistics.median(ordered):.2f} ({ordered[0]:.2f} to {ordered[-1]:.2f})"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--no-build", action="store_true", help="time what was built before")
    parser.add_argument("--trays", type=int, default=24)
    parser.add_argument("--tray", default="12x24")
    parser.add_argument("--px-per-pitch", default="100..100")
    parser.add_argument("--frame", default="2592x1944", help="pixels of a frame; a larger tray keeps its own size")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    parser.add_argument("--precision", choices=FILES, default="single")
    args = parser.parse_args()
    binary = str(RELEASE / "seedgrade")
    if not args.no_build:
        build(ROOT)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "set"
        subprocess.run([binary, "render", "--out", str(folder), "--trays", str(args.trays), "--tray", args.tray,
                        "--px-per-pitch", args.px_per_pitch, "--seed", "5001"], check=True, capture_output=True)
        trays = folder / "trays"
        as_camera(trays, [int(n) for n in args.frame.split("x")])
        everything, _, _ = grade(binary, args.tray, trays, args.workers, args.precision)
        for report in everything:
            if report["status"] != "graded":
                Path(report["source"]).unlink()
        corners = Path(scratch) / "corners.json"

        def tell(reports):
            told = [{"file": Path(r["source"]).name, "rows": r["rows"], "cols": r["cols"], "corners": r["corners_px"]}
                    for r in reports]
            corners.write_text(json.dumps(told))
            return corners

        graded = [r for r in everything if r["status"] == "graded"]
        answers = {kind: lambda corners, kind=kind: peer(kind, trays, corners, args.workers, args.precision)
                   for kind in ("full", "reduced")}
        reports = alike(graded, tell, answers)
        tell(reports)
        kept = {r["source"] for r in reports}
        for report in graded:
            if report["source"] not in kept:
                Path(report["source"]).unlink()
        ours, theirs = [], {kind: [] for kind in KINDS}
        told_apart = {"full": [], "reduced": []}
        for _ in range(args.rounds):
            _, seconds, cpu = grade(binary, args.tray, trays, args.workers, args.precision)
            ours.append((seconds, cpu))
            for kind in KINDS:
                timed = peer(kind, trays, corners, args.workers, args.precision)
                theirs[kind].append((timed["seconds"], timed["cpu_seconds"]))
                if kind in told_apart:
                    told_apart[kind].append(timed)
        alone, _, _ = grade(binary, args.tray, trays, 1, args.precision)
        backend, count = reports[0]["evidence"]["backend"], len(reports)
        print(f"{count} of {args.trays} trays {args.tray}, {args.workers} workers, {args.rounds} rounds, {backend}, {args.precision}")
        print(f"seedgrade: {spread([count / s for s, _ in ours])} trays/s, {spread([c / count for _, c in ours])} CPU s a tray")
        for kind in KINDS:
            speed = [t / s for (s, _), (t, _) in zip(ours, theirs[kind])]
            cost = [c / k for (_, c), (_, k) in zip(ours, theirs[kind])]
            print(f"against {kind:8} trays/s × {spread(speed)}, CPU seconds × {spread(cost)}")
        outside_the_nets(alone, told_apart, count)


if __name__ == "__main__":
    main()
