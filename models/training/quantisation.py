"""What making the 8-bit form of every net shares: the quantiser's settings, the clock, the card.

Static quantisation: activations of 8 bits a tensor, weights of 8 bits an output channel, both as QuantizeLinear and
DequantizeLinear pairs that ONNX Runtime fuses. CPUs without VNNI add two products in 16 bits that saturate: there the
program runs single precision.
"""

import hashlib
import re
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

OPERATORS = ["Conv", "Relu", "Add", "MaxPool", "Resize"]


def add_arguments(parser):
    """What both quantisers are asked."""
    parser.add_argument("--net", type=Path, required=True)
    parser.add_argument("--calibrate", type=Path, required=True)
    parser.add_argument("--held-out", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--card", type=Path, help="the net's card, which then names the 8-bit file and both forms' figures")
    parser.add_argument("--heads", action="store_true", help="quantise the heads' last convolutions as well")
    parser.add_argument("--rounds", type=int, default=25)


class Batches(CalibrationDataReader):
    """What a net sees while the ranges of its tensors are measured."""

    def __init__(self, batches):
        self.batches = iter(batches)

    def get_next(self):
        return next(self.batches, None)


def session(path):
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def near_output(model, node, outputs):
    """Whether no other convolution comes between this one and an output."""
    reached, names = [node], set()
    while reached:
        names.update(reached.pop().output)
        for n in model.graph.node:
            if names & set(n.input) and not set(n.output) <= names:
                if n.op_type == "Conv":
                    return False
                reached.append(n)
    return bool(names & outputs)


def quantise(net, out, batches, percentile, heads=False, reduced=False, prepared=lambda model: model):
    """Writes the 8-bit form of `net`: ranges hold `percentile` per cent of what `batches` give. A head's last
    convolution stays in single precision without `heads`, the net's first one always: three channels fill no lanes of an
    8-bit one. Weights have 7 bits where `reduced`. A ReLU is named so that the tensor behind it is rounded and not the one
    before: that would give half of its range to what the ReLU cuts off, and cost a pass over it more."""
    with tempfile.TemporaryDirectory() as scratch:
        ready = Path(scratch) / "ready.onnx"
        quant_pre_process(str(net), str(ready), skip_symbolic_shape=True)
        model = prepared(onnx.load(ready))
        onnx.save(model, ready)
        outputs = {o.name for o in model.graph.output}
        first, *others = [n for n in model.graph.node if n.op_type == "Conv"]
        left = [first.name] + [n.name for n in others if not heads and near_output(model, n, outputs)]
        quantize_static(str(ready), str(out), Batches(batches), quant_format=QuantFormat.QDQ, per_channel=True,
                        reduce_range=reduced, activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8,
                        calibrate_method=CalibrationMethod.Percentile, extra_options={"CalibPercentile": percentile},
                        nodes_to_exclude=left, op_types_to_quantize=OPERATORS)
    onnx.checker.check_model(onnx.load(out))


def speed(nets, feeds, rounds):
    """Milliseconds of CPU a run of each net, run in turn: medians and the least."""
    times = [[] for _ in nets]
    for round_ in range(rounds + 3):
        for net, feed, taken in zip(nets, feeds, times):
            begun = time.thread_time()
            net.run(None, feed)
            if round_ >= 3:
                taken.append((time.thread_time() - begun) * 1e3)
    (plain, small), (plain_least, small_least) = ([f(t) for t in times] for f in (statistics.median, min))
    return {"fp32": plain, "int8": small, "ratio": plain / small, "least_ratio": plain_least / small_least}


def into_card(card, out, set_name, figures):
    """Names the 8-bit file in the net's card, with how good both forms are on the same set.

    `figures`: (metric, value in single precision, value in 8 bits, how many it counts)."""
    text = card.read_text()
    digest = hashlib.sha256(out.read_bytes()).hexdigest()
    text = re.sub(r'\[eight_bit\]\n(?:.+\n)*\n', "", text)
    text = re.sub(r'\[\[metric\]\]\nset = ".*"\nmetric = "(?:single|eight_bit)_(?:.+\n)*\n?', "", text)
    text = text.replace("[input]\n", f'[eight_bit]\nfile = "{out.name}"\nsha256 = "{digest}"\n\n[input]\n', 1)
    text = text.rstrip("\n") + "\n"
    for k, form in enumerate(("single", "eight_bit")):
        for metric, *values, count in figures:
            text += (f'\n[[metric]]\nset = "{set_name}"\nmetric = "{form}_{metric}"\n'
                     f"value = {values[k]:.4f}\nn = {count}\n")
    card.write_text(text)
