"""What `grade` needs of memory over many frames, and the inference library of that.

usage: memory.py [--frames N] [--pictures P] [--tray RxC] [--px-per-pitch P] [--frame WxH] [--workers W] [--no-build]

Renders P trays as frames of a camera (`run.py`), has `grade` judge them over and over as N files, and reads its resident
memory every second. The library's own is what a process with as many sessions of both nets gains over one without, after
each has run once. Linux; needs what `run.py` needs.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from run import RELEASE, ROOT, as_camera

# Runs both nets in as many sessions as there are workers, on inputs of the size that a tray has, and prints MiB gained.
LIBRARY = """
import sys, numpy, tomllib
def resident():
    lines = open("/proc/self/status")
    return next(int(l.split()[1]) for l in lines if l.startswith("VmRSS")) / 1024
root, rows, cols, workers = sys.argv[1], *map(int, sys.argv[2:])
pitch = 48
inputs = {"seedling": ((rows + 1) * pitch, (cols + 1) * pitch), "tray-finder": (480, 640)}
inputs = {net: numpy.full((1, 3, *size), 99, numpy.float32) for net, size in inputs.items()}
before = resident()
import onnxruntime
options = onnxruntime.SessionOptions()
options.intra_op_num_threads = options.inter_op_num_threads = 1
sessions = []
for net, tensor in inputs.items():
    for _ in range(workers):
        session = onnxruntime.InferenceSession(f"{root}/{net}/{net}.onnx", options, providers=["CPUExecutionProvider"])
        sessions.append((session, tensor))
for session, tensor in sessions:
    session.run(None, {session.get_inputs()[0].name: tensor})
print(resident() - before)
"""


def resident(pid):
    with open(f"/proc/{pid}/status") as lines:
        found = {line.split(":")[0]: line.split()[1] for line in lines if line.startswith("Vm")}
    return int(found["VmRSS"]) / 1024, int(found["VmHWM"]) / 1024


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--no-build", action="store_true")
    parser.add_argument("--frames", type=int, default=1000)
    parser.add_argument("--pictures", type=int, default=25)
    parser.add_argument("--tray", default="12x24")
    parser.add_argument("--px-per-pitch", default="100..100")
    parser.add_argument("--frame", default="2592x1944")
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    args = parser.parse_args()
    binary = str(RELEASE / "seedgrade")
    if not args.no_build:
        subprocess.run(["cargo", "build", "--release", "--bin", "seedgrade"], cwd=ROOT, check=True)
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch) / "set"
        subprocess.run([binary, "render", "--out", str(folder), "--trays", str(args.pictures), "--tray", args.tray,
                        "--px-per-pitch", args.px_per_pitch, "--seed", "5001"], check=True, capture_output=True)
        as_camera(folder / "trays", [int(n) for n in args.frame.split("x")])
        pictures, frames = sorted((folder / "trays").glob("*.jpg")), Path(scratch) / "frames"
        frames.mkdir()
        for i in range(args.frames):
            (frames / f"f{i:06}.jpg").hardlink_to(pictures[i % len(pictures)])
        with open(Path(scratch) / "reports.jsonl", "w") as reports:
            graded = subprocess.Popen([binary, "--precision", "single", "grade", "--json", "--jobs", str(args.workers), "--tray", args.tray,
                                       str(frames)], stdout=reports, stderr=subprocess.DEVNULL)
            seen = []
            while graded.poll() is None:
                try:
                    seen.append(resident(graded.pid))
                except (FileNotFoundError, KeyError):
                    break
                time.sleep(1)
        if graded.wait() != 0 or len(seen) < 4:
            sys.exit(f"grade ended with {graded.returncode} after {len(seen)} seconds")
    rows, cols = args.tray.split("x")
    own = subprocess.run([sys.executable, "-c", LIBRARY, str(ROOT / "models"), rows, cols, str(args.workers)],
                         capture_output=True, text=True, check=True)
    own, peak = float(own.stdout), max(peak for _, peak in seen)
    quarter, last = seen[len(seen) // 4][0], seen[-1][0]
    print(f"{args.frames} frames of {args.frame} px, {args.tray}, {args.workers} workers: peak {peak:.0f} MiB, the library's own "
          f"{own:.0f} MiB, beyond it {peak - own:.0f} MiB")
    print(f"resident after a quarter of the time {quarter:.1f} MiB, at the end {last:.1f} MiB")


if __name__ == "__main__":
    main()
