"""How long the live line takes from frame to accepted command, alone and while people watch.

usage: run.py [--trays N] [--rate TRAYS_A_SECOND] [--pages N] [--rounds R] [--pictures DIR] [--precision P] [--no-build]

Renders trays of 200 cells as frames of a camera (or takes those of DIR), has `line` judge them as they come, with the
simulated camera and a `simulate-plc` over real Modbus on loopback, and prints what the line itself measured. With
`--pages` every round runs twice: alone, and with as many live pages open on its store, each hearing of every tray and
fetching what a browser fetches: the new part and, once a tray, its picture. Who watches runs only where nobody else wants the
processor, since tablets have processors of their own. Needs what `benches/peers/run.py` needs where it renders, else Python alone.
"""

import argparse
import asyncio
import json
import os
import re
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BINARY = str(ROOT / "target" / "release" / "seedgrade")
# A belt of 4 counts a millimetre with a tray every 728 mm, its gates half a metre and more behind the camera.
BETWEEN_TRAYS = 2912
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
counts_from_camera = 2900
[[gate]]
route = "market"
number = 1
counts_from_camera = 2000
[[gate]]
route = "second"
number = 2
counts_from_camera = 2200
[[gate]]
route = "rework"
number = 3
counts_from_camera = 2400
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


async def line(folder, pictures, args, pages):
    """What a line prints at its end, and how often pages were drawn."""
    folder.mkdir()
    port = free_port()
    (folder / "seedgrade.toml").write_text(CONFIGURATION.format(pictures=pictures, port=port, precision=args.precision))
    machine = await asyncio.create_subprocess_exec(
        BINARY, "simulate-plc", "--listen", f"127.0.0.1:{port}", "--counts-per-second", str(round(BETWEEN_TRAYS * args.rate)),
        "--counts-between-trays", str(BETWEEN_TRAYS), "--wait-for-armed", "--trays", str(args.trays),
        stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL)
    await asyncio.sleep(1)
    running = await asyncio.create_subprocess_exec(
        BINARY, "line", "--config", "seedgrade.toml", "--trays", str(args.trays), cwd=folder,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL)
    review, watching = None, None
    if pages:
        review, address = await pages_of(folder / "line.db", pictures)
        watching = await asyncio.create_subprocess_exec(
            sys.executable, __file__, "--watch", *address, "--pages", str(pages), stdout=asyncio.subprocess.PIPE)
    out, _ = await running.communicate()
    drawn = 0
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
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--pictures", type=Path)
    parser.add_argument("--precision", choices=["auto", "single", "eight-bit"], default="auto")
    parser.add_argument("--watch", nargs=2, metavar=("HOST", "PORT"), help=argparse.SUPPRESS)
    parser.add_argument("--no-build", action="store_true")
    args = parser.parse_args()
    if args.watch:
        if hasattr(os, "SCHED_IDLE"):
            os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))
        asyncio.run(watch(*args.watch, args.pages))
        return
    if not args.no_build:
        subprocess.run(["cargo", "build", "--release", "--bin", "seedgrade"], cwd=ROOT, check=True)
    with tempfile.TemporaryDirectory() as scratch:
        scratch = Path(scratch)
        pictures = (args.pictures or rendered(scratch / "set")).resolve()
        ratios = []
        for number in range(args.rounds):
            alone, _ = asyncio.run(line(scratch / f"alone{number}", pictures, args, 0))
            told("alone", alone)
            if args.pages:
                watched, drawn = asyncio.run(line(scratch / f"watched{number}", pictures, args, args.pages))
                told(f"with {args.pages} pages, drawn {drawn} times", watched)
                ratios.append(watched["latency_ms"]["p99"] / alone["latency_ms"]["p99"])
        if ratios:
            print(f"99 % with pages to alone: {statistics.median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})")


if __name__ == "__main__":
    main()
