"""How long the live line takes from frame to accepted command, alone and while people watch.

usage: run.py [--trays N] [--rate TRAYS_A_SECOND] [--pages N] [--regrade] [--nice N] [--rounds R] [--pictures DIR]
              [--precision P] [--binary FILE | --no-build]

Renders trays of 200 cells as frames of a camera (or takes those of DIR), has `line` judge them as they come, with the
simulated camera and a `simulate-plc` over real Modbus on loopback, and prints what the line itself measured. With
`--pages` every round runs twice: alone, and with as many live pages open on its store, each hearing of every tray and
fetching what a browser fetches: the new part and, once a tray, its picture. Who watches runs only where nobody else wants the
processor, since tablets have processors of their own. With `--regrade` every round runs twice as well: alone, and beside
`regrade --low-priority` over an archive of the same pictures, which begins anew as long as the line runs. `--nice` gives the line
a priority of its own (the unit that ships asks for -5, which root may). Ends with 1 where a command was late. Needs what `benches/peers/run.py` needs where it renders, else Python alone.
"""

import argparse
import asyncio
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BINARY = str(ROOT / "target" / "release" / "seedgrade")
# How often every picture is in the archive.
COPIES = 20
# A belt of 4 counts a millimetre with a tray every 728 mm, its gates half a metre and more behind the camera: the nearest at
# least LEAST_SECONDS of belt, since what a line may take must pass before a tray is there.
BETWEEN_TRAYS = 2912
NEAREST = 2000
LEAST_SECONDS = 0.25
CONFIGURATION = """
[tray]
rows = 10
cols = 20
pitch_mm = [26.0, 26.0]
[camera]
source = "simulated"
path = "{pictures}"
[belt]
counts_per_mm = 4.0
travel = "+x"
first_cell = "top-left"
late_margin_counts = 50
[line]
suspend_after = 5
[[gate]]
route = "hold"
number = 0
counts_from_camera = {farthest}
[[gate]]
route = "market"
number = 1
counts_from_camera = {nearest}
[[gate]]
route = "second"
number = 2
counts_from_camera = {second}
[[gate]]
route = "rework"
number = 3
counts_from_camera = {rework}
[job]
id = 7
lot = "2026-11-A"
variety = "tomato"
[machine]
modbus = "127.0.0.1:{port}"
[store]
file = "line.db"
[nets]
precision = "{precision}"
"""


def rendered(folder):
    """Trays that are judged, as frames of 1600 by 1200 pixels."""
    sys.path.insert(0, str(ROOT / "benches" / "peers"))
    from run import as_camera, grade

    subprocess.run([BINARY, "render", "--out", str(folder), "--trays", "24", "--tray", "10x20", "--px-per-pitch", "70..70",
                    "--seed", "5001"], check=True, capture_output=True)
    as_camera(folder / "trays", [1600, 1200])
    reports, _, _ = grade(BINARY, "10x20", folder / "trays", 2)
    kept = folder / "judged"
    kept.mkdir()
    for report in reports:
        if report["status"] == "graded":
            source = Path(report["source"])
            (kept / source.name).hardlink_to(folder / "trays" / source.name)
    return kept


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


async def fetched(address, path):
    """A page's bytes; as browsers do, but over a connection of its own."""
    reader, writer = await asyncio.open_connection(*address)
    writer.write(f"GET {path} HTTP/1.1\r\nHost: {address[0]}:{address[1]}\r\nConnection: close\r\n\r\n".encode())
    answer = await reader.read()
    writer.close()
    return answer


async def page(address, seen):
    """A live page: hears of what is new, then fetches the part that changes and a picture that it has not."""
    shown = None
    reader, writer = await asyncio.open_connection(*address)
    writer.write(f"GET /live/events HTTP/1.1\r\nHost: {address[0]}:{address[1]}\r\n\r\n".encode())
    while line := await reader.readline():
        if line.startswith(b"event: news"):
            part = await fetched(address, "/live/now")
            if (picture := re.search(rb'"(/tray/picture[^"]*)"', part)) and picture.group(1) != shown:
                shown = picture.group(1)
                await fetched(address, shown.decode().replace("&amp;", "&"))
            seen.append(len(part))


async def watch(host, port, pages):
    """So many pages until this process is asked to end, then how often they were drawn."""
    seen, ended = [], asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
    watching = [asyncio.create_task(page((host, int(port)), seen)) for _ in range(pages)]
    await ended.wait()
    for task in watching:
        task.cancel()
    print(len(seen))


async def pages_of(store, pictures):
    """The operators' pages over a store that the line is about to make, and their host and port."""
    for _ in range(100):
        review = await asyncio.create_subprocess_exec(
            BINARY, "review", "--store", str(store), "--pictures", str(pictures), "--listen", "127.0.0.1:0",
            stderr=asyncio.subprocess.PIPE)
        while said := await review.stderr.readline():
            if found := re.search(rb"pages at http://([^:]+):(\d+)", said):
                return review, [part.decode() for part in found.groups()]
        await review.wait()
        await asyncio.sleep(0.1)
    sys.exit(f"the pages do not open on {store}")


async def regrade(folder, pictures, args):
    """Re-grades an archive of the pictures, again and again, until it is cancelled; how often a picture was graded."""
    archive = folder / "archive"
    archive.mkdir()
    for k in range(COPIES):
        for picture in pictures.iterdir():
            if picture.suffix in {".jpg", ".png"}:
                shutil.copy(picture, archive / f"{k}-{picture.name}")
    graded, running = 0, None
    try:
        for run in range(1_000_000):
            out = folder / f"run-{run}"
            running = await asyncio.create_subprocess_exec(
                BINARY, "--quiet", "--precision", args.precision, "regrade", str(archive), "--tray", "10x20", "--low-priority",
                "--out", str(out), stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL)
            await running.wait()
            graded += len(list(archive.iterdir()))
    except asyncio.CancelledError:
        if running.returncode is None:
            running.terminate()
            await running.wait()
        return graded


async def line(folder, pictures, args, pages=0, beside=False):
    """What a line prints at its end, and how often pages were drawn."""
    folder.mkdir()
    port = free_port()
    nearest = max(NEAREST, round(BETWEEN_TRAYS * args.rate * LEAST_SECONDS))
    (folder / "seedgrade.toml").write_text(CONFIGURATION.format(
        pictures=pictures, port=port, precision=args.precision, nearest=nearest, second=nearest + 200,
        rework=nearest + 400, farthest=nearest + 900))
    machine = await asyncio.create_subprocess_exec(
        BINARY, "simulate-plc", "--listen", f"127.0.0.1:{port}", "--counts-per-second", str(round(BETWEEN_TRAYS * args.rate)),
        "--counts-between-trays", str(BETWEEN_TRAYS), "--wait-for-armed", "--trays", str(args.trays),
        "--safe-gate-counts", str(nearest + 900),
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL)
    await asyncio.sleep(1)
    nice = ["nice", "-n", str(args.nice)] if args.nice else []
    running = await asyncio.create_subprocess_exec(
        *nice, BINARY, "line", "--config", "seedgrade.toml", "--trays", str(args.trays), cwd=folder,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL)
    review, watching = None, None
    regrading = asyncio.create_task(regrade(folder, pictures, args)) if beside else None
    if pages:
        review, address = await pages_of(folder / "line.db", pictures)
        watching = await asyncio.create_subprocess_exec(
            sys.executable, __file__, "--watch", *address, "--pages", str(pages), stdout=asyncio.subprocess.PIPE)
    out, _ = await running.communicate()
    drawn = 0
    if regrading:
        regrading.cancel()
        drawn = await regrading
    if watching:
        watching.terminate()
        drawn = int((await watching.communicate())[0])
    for process in (machine, review):
        if process and process.returncode is None:
            process.kill()
            await process.wait()
    return json.loads(out), drawn


def told(name, summary):
    latency = summary["latency_ms"]
    if not latency:
        sys.exit(f"{name}: no command was accepted: {json.dumps(summary)}")
    print(f"{name}: {summary['trays']} trays, {summary['ungraded']} ungraded, {summary['commands_late']} late; "
          f"p50 {latency['p50']:.0f} ms, 99 % {latency['p99']:.0f}, 99.9 % {latency['p999']:.0f}, longest {latency['max']:.0f}",
          flush=True)
    stages = ((stage, times) for stage, times in summary["stages_ms"].items() if times)
    print("  " + "; ".join(f"{stage} p50 {times['p50']:.1f} ms, 99 % {times['p99']:.1f}, longest {times['max']:.1f}"
                           for stage, times in stages), flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trays", type=int, default=600)
    parser.add_argument("--rate", type=float, default=1.4, help="trays a second; 1.4 of 200 cells are a million cells an hour")
    parser.add_argument("--pages", type=int, default=0)
    parser.add_argument("--regrade", action="store_true", help="run beside a re-grading of low priority as well")
    parser.add_argument("--nice", type=int, default=0, help="the line's niceness")
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--pictures", type=Path)
    parser.add_argument("--precision", choices=["auto", "single", "eight-bit"], default="auto")
    parser.add_argument("--watch", nargs=2, metavar=("HOST", "PORT"), help=argparse.SUPPRESS)
    parser.add_argument("--no-build", action="store_true")
    parser.add_argument("--binary", type=Path, help="the program, built already")
    args = parser.parse_args()
    if args.watch:
        if hasattr(os, "SCHED_IDLE"):
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
        asyncio.run(watch(*args.watch, args.pages))
        return
    if args.binary:
        global BINARY
        BINARY = str(args.binary.resolve())
    elif not args.no_build:
        subprocess.run(["cargo", "build", "--release", "--bin", "seedgrade"], cwd=ROOT, check=True)
    with tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch)
        pictures = (args.pictures or rendered(scratch / "set")).resolve()
        ratios, late = {}, 0
        for number in range(args.rounds):
            def judged(name, **beside):
                return asyncio.run(line(scratch / f"{name}{number}", pictures, args, **beside))

            alone, _ = judged("alone")
            rounds = [("alone", alone)]
            if args.pages:
                watched, drawn = judged("watched", pages=args.pages)
                rounds.append((f"with {args.pages} pages, drawn {drawn} times", watched))
            if args.regrade:
                beside, graded = judged("beside", beside=True)
                rounds.append((f"beside regrade, {graded} pictures and more", beside))
            for name, summary in rounds:
                told(name, summary)
                late += summary["commands_late"]
            for name, summary in rounds[1:]:
                kind = name.split(",")[0]
                ratios.setdefault(kind, []).append(summary["latency_ms"]["p99"] / alone["latency_ms"]["p99"])
        for kind, of in ratios.items():
            print(f"99 % {kind} to alone: {statistics.median(of):.2f} ({min(of):.2f} to {max(of):.2f})")
    sys.exit(1 if late else 0)


if __name__ == "__main__":
    main()
