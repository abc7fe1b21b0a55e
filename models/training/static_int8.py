"""Static int8 for any exported encoder: 7-bit weights per channel, activation scales fixed by calibration texts.

Dynamic quantisation would take one scale over a whole batch, and a text's labels would then depend on its neighbours.
Weights use 7 bits: on CPUs without VNNI the 8-bit sums of products saturate. Tables are int8 with one scale per row, or int4
with one scale per block of a row.
"""

import json
import sys
from collections.abc import Collection, Iterable, Iterator
from pathlib import Path

import numpy as np
import onnx
import onnxruntime
from onnx import TensorProto, helper, numpy_helper
from onnxruntime.quantization import CalibrationDataReader, CalibrationMethod, QuantFormat, QuantType, quantize_static
from tokenizers import Tokenizer

from model import BLOCK

Feed = dict[str, np.ndarray]  # input name -> int64 [batch, sequence]
AGREEMENT = 0.99  # int8 is good enough when it gives this share of texts the labels that fp32 gives
CALIBRATION_TEXTS, BATCH = 512, 16


def open_session(path: Path, threads: int = 1) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.log_severity_level = 3
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


class Feeds(CalibrationDataReader):
    def __init__(self, feeds: Iterable[Feed]) -> None:
        self.feeds: Iterator[Feed] = iter(feeds)

    def get_next(self) -> Feed | None:
        return next(self.feeds, None)


def products_with_weights(graph: onnx.GraphProto) -> list[str]:
    """Names of the nodes worth quantising; attention's own products stay in float, they are small."""
    weights = {tensor.name for tensor in graph.initializer}
    return [node.name for node in graph.node if node.op_type in ("MatMul", "Gemm") and node.input[1] in weights]


def down_projections(graph: onnx.GraphProto) -> set[str]:
    """The products that shrink the feed-forward's hidden vector: their inputs have the outliers of these models."""
    shapes = {tensor.name: tensor.dims for tensor in graph.initializer}
    return {name for node in graph.node if (name := node.name) and node.op_type == "MatMul" and _shrinks(shapes.get(node.input[1]))}


def _shrinks(dims: Iterable[int] | None) -> bool:
    dims = list(dims or [])
    return len(dims) == 2 and dims[0] > dims[1]


def quantise_graph(source: Path, target: Path, feeds: Iterable[Feed], in_float: Collection[str] = (), table_bits: int = 8) -> None:
    """Writes an int8 copy of an fp32 model in one file; the nodes `in_float` and everything small stay as they are."""
    nodes = [name for name in products_with_weights(onnx.load(source).graph) if name not in in_float]
    quantize_static(
        str(source),
        str(target),
        Feeds(feeds),
        quant_format=QuantFormat.QDQ,
        nodes_to_quantize=nodes,
        per_channel=True,
        reduce_range=True,
        activation_type=QuantType.QUInt8,
        weight_type=QuantType.QInt8,
        calibrate_method=CalibrationMethod.MinMax,
        extra_options={"OpTypesToExcludeOutputQuantization": ["MatMul", "Gemm"], "ActivationSymmetric": False, "CalibMovingAverage": True},
    )
    model = onnx.load(target)
    shrink_tables(model.graph, table_bits)
    fuse(model.graph)
    if not any(opset.domain == "com.microsoft" for opset in model.opset_import):
        model.opset_import.append(helper.make_opsetid("com.microsoft", 1))
    onnx.checker.check_model(model)
    onnx.save(model, target)


def four_bits(values: np.ndarray, block: int) -> tuple[np.ndarray, np.ndarray]:
    """(int4 values 0 to 15, where 8 is none, uint8 [rows, width]; float16 scales [rows, blocks]) of a float table.

    The largest value of a block becomes 0: what is one more of the sixteen than seven to either side.
    """
    blocks = values.reshape(len(values), -1, block)
    largest = np.take_along_axis(blocks, np.abs(blocks).argmax(-1)[..., None], -1)
    scale = (largest / -8).astype(np.float16)
    scale[np.abs(scale) < 1e-6] = 1e-6
    rounded = np.clip(np.round(blocks / scale.astype(np.float32)), -8, 7) + 8
    return rounded.astype(np.uint8).reshape(values.shape), scale[..., 0]


def shrink_tables(graph: onnx.GraphProto, bits: int = 8) -> None:
    """The large tables that are looked up become integers, dequantised after the lookup: int8 with one scale per row.

    With 4 `bits` those whose rows can be cut into blocks get that many, with one scale per block.
    """
    tables = {t.name: t for t in graph.initializer if t.data_type == TensorProto.FLOAT and len(t.dims) == 2}
    gathers = [node for node in graph.node if node.op_type == "Gather" and node.input[0] in tables]
    gathers = [node for node in gathers if depends_on(graph, node.input[1], "input_ids")]
    for gather in gathers:
        table = tables[gather.input[0]]
        name = table.name
        values = numpy_helper.to_array(table)
        at = list(graph.node).index(gather)
        graph.initializer.remove(table)
        graph.node.remove(gather)
        ids, out = gather.input[1], gather.output[0]
        block = min(BLOCK, values.shape[1])
        if bits == 4 and block % 16 == 0 and values.shape[1] % block == 0:
            rounded, scale = four_bits(values, block)
            arrays = {f"{name}_int4": rounded[:, 0::2] | (rounded[:, 1::2] << 4), f"{name}_scale": scale}
            shape = {"bits": 4, "block_size": block, "gather_axis": 0, "quantize_axis": 1}
            new = [
                helper.make_node(
                    "GatherBlockQuantized", [f"{name}_int4", ids, f"{name}_scale"], [f"{name}_half"], domain="com.microsoft", **shape
                ),
                helper.make_node("Cast", [f"{name}_half"], [out], to=TensorProto.FLOAT),
            ]
        else:
            scale = np.maximum(np.abs(values).max(1, keepdims=True), 1e-8) / 127
            arrays = {f"{name}_int8": np.round(values / scale).astype(np.int8), f"{name}_scale": scale.astype(np.float32)}
            new = [
                helper.make_node("Gather", [f"{name}_int8", ids], [f"{name}_rows"], axis=0),
                helper.make_node("Gather", [f"{name}_scale", ids], [f"{name}_row_scale"], axis=0),
                helper.make_node("Cast", [f"{name}_rows"], [f"{name}_float"], to=TensorProto.FLOAT),
                helper.make_node("Mul", [f"{name}_float", f"{name}_row_scale"], [out]),
            ]
        graph.initializer.extend(numpy_helper.from_array(array, kept) for kept, array in arrays.items())
        for offset, node in enumerate(new):
            graph.node.insert(at + offset, node)


def fuse(graph: onnx.GraphProto) -> None:
    """Writes the integer products as onnxruntime runs them, so that it can do more at once; a fifth faster in all.

    - Product, scales and bias are one node. onnxruntime would find the product alone, and add the bias in a pass of its own.
    - What is not a product (residuals, shapes) reads the float value, not its int8 copy: less work, and less error.
    - A sum in front of a layer norm is a `Sum`: an `Add` would be fused into SkipLayerNormalization, which on a CPU takes
      eight times as long as the norm alone (onnxruntime 1.32).
    """
    makers = {output: node for node in graph.node for output in node.output}
    vectors = {tensor.name for tensor in graph.initializer if len(tensor.dims) == 1}
    users: dict[str, list[onnx.NodeProto]] = {}
    for node in graph.node:
        for name in node.input:
            users.setdefault(name, []).append(node)
    for node in [node for node in graph.node if node.op_type == "MatMul"]:
        left, right = (makers.get(name) for name in node.input)
        if left is None or right is None or {left.op_type, right.op_type} != {"DequantizeLinear"}:
            continue
        last, bias = node, []
        following = users.get(node.output[0], [])
        if len(following) == 1 and following[0].op_type == "Add":
            bias = [name for name in following[0].input if name in vectors]
            last = following[0] if bias else node
        inputs = [left.input[0], right.input[0], left.input[1], right.input[1], left.input[2], right.input[2], *bias]
        product = helper.make_node("MatMulIntegerToFloat", inputs, list(last.output), name=node.name, domain="com.microsoft")
        graph.node.insert(list(graph.node).index(last), product)
        graph.node.remove(node)
        if bias:
            graph.node.remove(last)
    for node in graph.node:
        for place, name in enumerate(node.input):
            back = makers.get(name)
            there = makers.get(back.input[0]) if back is not None and back.op_type == "DequantizeLinear" else None
            if there is not None and there.op_type == "QuantizeLinear" and node.op_type not in ("MatMul", "Gemm"):
                node.input[place] = there.input[0]
        if node.op_type == "LayerNormalization" and (before := makers.get(node.input[0])) and before.op_type == "Add":
            before.op_type = "Sum"
    drop_unused(graph)


def drop_unused(graph: onnx.GraphProto) -> None:
    wanted = {output.name for output in graph.output}
    for node in reversed(list(graph.node)):  # nodes stand in the order in which they run
        if wanted.isdisjoint(node.output):
            graph.node.remove(node)
        wanted.update(node.input)
    for tensor in [tensor for tensor in graph.initializer if tensor.name not in wanted]:
        graph.initializer.remove(tensor)


def depends_on(graph: onnx.GraphProto, name: str, wanted: str) -> bool:
    """Whether tensor `name` is made from the values of the input `wanted`, not only from its shape."""
    makers = {output: node for node in graph.node for output in node.output}
    pending, seen = [name], set()
    while pending:
        at = pending.pop()
        if at == wanted:
            return True
        if at in makers and at not in seen and makers[at].op_type != "Shape":
            pending += makers[at].input
        seen.add(at)
    return False


def make_feeds(tokenizer: Tokenizer, texts: list[str], names: list[str], pad: int, max_length: int) -> Iterator[Feed]:
    """Batches of texts of similar length, in an order that depends on the texts alone."""
    tokenizer.enable_truncation(max_length)
    encoded = sorted((encoding.ids for encoding in tokenizer.encode_batch(texts)), key=len)
    for start in range(0, len(encoded), BATCH):
        yield make_feed(encoded[start : start + BATCH], names, pad)


def make_feed(rows: list[list[int]], names: list[str], pad: int) -> Feed:
    longest = max(map(len, rows))
    ids = np.array([row + [pad] * (longest - len(row)) for row in rows], np.int64)
    mask = np.array([[1] * len(row) + [0] * (longest - len(row)) for row in rows], np.int64)
    known = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
    return {name: known[name] for name in names}


def labels_of(path: Path, tasks: list[dict], batches: list[Feed]) -> list[np.ndarray]:
    """Per task what is predicted: int [texts], or bool [texts, labels] for multi-label tasks."""
    session = open_session(path, 2)
    parts = [session.run([task["output"] for task in tasks], batch) for batch in batches]
    predicted = []
    for task, logits in zip(tasks, (np.concatenate(each) for each in zip(*parts, strict=True)), strict=True):
        if "thresholds" in task:
            predicted.append(1 / (1 + np.exp(-logits)) >= np.array(task["thresholds"]))
        else:
            predicted.append(logits.argmax(1))
    return predicted


def quantise(fp32: Path, int8: Path, tasks: list[dict], calibrate: list[Feed], measure: list[Feed]) -> dict:
    """Writes the int8 model, and reports how well it agrees; products with outliers stay in float where labels need it."""
    expected = labels_of(fp32, tasks, measure)
    for in_float in (set(), down_projections(onnx.load(fp32).graph)):
        quantise_graph(fp32, int8, calibrate, in_float)
        agreement = {}
        for task, before, after in zip(tasks, expected, labels_of(int8, tasks, measure), strict=True):
            agreement[task["name"]] = round(float((before == after).reshape(len(before), -1).all(1).mean()), 4)
        report = {"texts": len(expected[0]), "label_agreement_with_fp32": agreement, "products_in_float": len(in_float)}
        print(f"int8: {json.dumps(report)}", file=sys.stderr)
        if min(agreement.values()) >= AGREEMENT:
            return report
    print(f"warning: int8 gives fewer than {AGREEMENT:.0%} of the texts fp32's labels; measure it before you use it", file=sys.stderr)
    return report


def is_batch_invariant(path: Path, pieces: int, names: list[str], pad: int, max_length: int) -> bool:
    """Whether logits are the same bytes for a text alone and among others of its length; ids are drawn at random."""
    session = open_session(path)
    rng = np.random.default_rng(3)
    for length in (3, 4, 5, 8, 13, 21, 32, 48, 64):
        for size in (2, 3, 7, 16, 33):
            rows = rng.integers(0, pieces, (size, min(length, max_length)))
            batch = make_feed(np.where(rows == pad, (pad + 1) % pieces, rows).tolist(), names, pad)
            together = session.run(None, batch)
            for row in {0, size - 1}:
                alone = session.run(None, {name: values[row : row + 1] for name, values in batch.items()})
                if any(a[0].tobytes() != b[row].tobytes() for a, b in zip(alone, together, strict=True)):
                    return False
    return True
