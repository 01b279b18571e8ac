"""The work of `seedgrade grade` as a Python engineer would write it, with the same net.

usage: peer.py KIND PICTURES CORNERS NET WORKERS

KIND: full (OpenCV decodes at full size), reduced (at the smallest size that still has the net's pixels), colour (excess
green, no net). Decode and the bare net on a ready tensor is a program of its own, `bare.rs`.
NET is the .onnx file. CORNERS is a JSON list, one object a picture: file, rows, cols, corners (frame px, clockwise from the top left). A peer is told where
the tray lies; finding it is work that only seedgrade does.
Prints one JSON object: seconds, cpu_seconds, of those net_cpu_seconds in the net and array_cpu_seconds in warpPerspective and
connectedComponentsWithStats alone, and for each picture the cells that hold a plant.
"""

import json
import resource
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import cv2
import numpy as np

PITCH = 48
REDUCED = {2: cv2.IMREAD_REDUCED_COLOR_2, 4: cv2.IMREAD_REDUCED_COLOR_4}


# CPU seconds of what is looked at by itself; every call runs on its caller's thread.
SPENT = {"net": [], "array": []}


def clocked(what, work, *args, **kwargs):
    begun = time.thread_time()
    found = work(*args, **kwargs)
    SPENT[what].append(time.thread_time() - begun)
    return found


def decode(path, tray, may_reduce):
    """The picture, BGR, and by how much it was reduced."""
    corners = np.array(tray["corners"], np.float32)
    pitch = np.linalg.norm(corners[1] - corners[0]) / tray["cols"]
    by = max((k for k in (1, 2, 4) if may_reduce and pitch / k >= PITCH), default=1)
    return cv2.imread(str(path), REDUCED.get(by, cv2.IMREAD_COLOR)), by


def rectify(picture, tray, by):
    rows, cols = tray["rows"], tray["cols"]
    here = np.array(tray["corners"], np.float32) / by
    half = PITCH / 2
    there = np.float32([[half, half], [half + cols * PITCH, half],
                        [half + cols * PITCH, half + rows * PITCH], [half, half + rows * PITCH]])
    matrix = cv2.getPerspectiveTransform(here, there)
    return clocked("array", cv2.warpPerspective, picture, matrix, ((cols + 1) * PITCH, (rows + 1) * PITCH),
                   flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)


def tensor(picture):
    return cv2.dnn.blobFromImage(picture, swapRB=True)


def measure(outputs, tray):
    """Plants as connected components with area, centre and colour classes; statistics of every cell."""
    classes, centres, cells = (o[0] for o in outputs)
    odds = np.logaddexp.reduce(classes[1:], axis=0) - classes[0]
    mask = (odds >= 0).astype(np.uint8)
    count, labels, stats, middles = clocked("array", cv2.connectedComponentsWithStats, mask, connectivity=4)
    sick = np.where(mask > 0, classes[1:].argmax(0), 0)
    colours = np.stack([np.bincount(labels.ravel(), weights=(sick == k).ravel(), minlength=count)
                        for k in (1, 2)])
    rows, cols = tray["rows"], tray["cols"]
    side = PITCH // 2
    inner = mask[side // 2:-(side // 2), side // 2:-(side // 2)]
    areas = inner.reshape(rows, side, cols, side).sum((1, 3)) / side**2
    heat = centres[0][PITCH // 8:-(PITCH // 8), PITCH // 8:-(PITCH // 8)]
    peaks = (heat == cv2.dilate(heat, np.ones((3, 3)))) & (heat > 0.3)
    roots = peaks.reshape(rows, PITCH // 4, cols, PITCH // 4).sum((1, 3))
    return {"occupied": cells[0] < 0.5, "areas": areas, "roots": roots, "plants": (stats, middles, colours)}


def coloured(picture, tray):
    """The plain script: excess green (Woebbecke et al. 1995) above a threshold, the share of every cell."""
    blue, green, red = (c.astype(np.float32) for c in cv2.split(picture))
    mask = (2 * green - red - blue > 0.2 * (red + green + blue)).astype(np.uint8)
    cv2.connectedComponentsWithStats(mask, connectivity=4)
    half = PITCH // 2
    inner = mask[half:-half, half:-half].reshape(tray["rows"], PITCH, tray["cols"], PITCH)
    return inner.mean((1, 3)) > 0.005


def main():
    kind, pictures, corners, net, workers = sys.argv[1:]
    trays = json.loads(Path(corners).read_text())
    workers = int(workers)
    cv2.setNumThreads(1)
    session = None
    if kind != "colour":
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        sessions = [onnxruntime.InferenceSession(net, options)
                    for _ in range(workers)]
        shape = (1, 3, (trays[0]["rows"] + 1) * PITCH, (trays[0]["cols"] + 1) * PITCH)
        ready = np.zeros(shape, np.float32)
        for s in sessions:
            s.run(None, {"tray": ready})

    def work(job):
        index, tray = job
        session = sessions[index % workers] if kind != "colour" else None
        picture, by = decode(Path(pictures) / tray["file"], tray, kind == "reduced")
        flat = rectify(picture, tray, by)
        if kind == "colour":
            return coloured(flat, tray).tolist()
        ready = tensor(flat)
        return measure(clocked("net", session.run, None, {"tray": ready}), tray)["occupied"].tolist()

    begun, used = time.perf_counter(), resource.getrusage(resource.RUSAGE_SELF)
    with ThreadPoolExecutor(workers) as pool:
        occupied = list(pool.map(work, enumerate(trays)))
    seconds, after = time.perf_counter() - begun, resource.getrusage(resource.RUSAGE_SELF)
    cpu = after.ru_utime + after.ru_stime - used.ru_utime - used.ru_stime
    spent = {f"{what}_cpu_seconds": sum(times) for what, times in SPENT.items()}
    print(json.dumps({"seconds": seconds, "cpu_seconds": cpu, **spent, "occupied": occupied}))


if __name__ == "__main__":
    main()
