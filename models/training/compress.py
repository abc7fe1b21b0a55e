"""Step 6, compress: calibrates the trained student on dev, and turns it into a static int8 ONNX graph.

Writes model-fp32.onnx (calibrated), model.onnx (int8), thresholds.json and compress.json into the tier's folder.
"""

import json
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import onnx
import torch
from tokenizers import Tokenizer

from batches import Encoded, Sampler, in_batches
from calibrate import Coarse, choose_shift, fit_multi, scale_head
from corpus import DEV, LANGUAGE, Corpus, is_multi, single_labels
from metrics import best_thresholds, quality, sigmoid
from model import Model
from outliers import FEW, take_out
from settings import arguments, load, tier_folder
from static_int8 import open_session, quantise_graph
from training import load_model, predict

OPSET = 17
OUTLIER_BATCHES = 40
VECTORS = "vectors"  # the further output that `voxpop teach` builds on: see Model.forward


def export(model: Model, path: Path) -> None:
    """fp32 ONNX: int64 [batch, sequence] inputs; float32 outputs: logits [batch, labels] per task, and the vectors."""

    class Flat(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> tuple[torch.Tensor, ...]:
            logits, vectors = self.model(input_ids, attention_mask)
            return *logits.values(), vectors

    model.eval()
    ids = torch.randint(4, 100, (2, 7))
    axes = {0: "batch", 1: "sequence"}
    outputs = [*model.shape.tasks, VECTORS]
    torch.onnx.export(
        Flat().eval(),
        (ids, torch.ones_like(ids)),
        str(path),
        opset_version=OPSET,
        dynamo=False,
        input_names=["input_ids", "attention_mask"],
        output_names=outputs,
        dynamic_axes={"input_ids": axes, "attention_mask": axes} | {name: {0: "batch"} for name in outputs},
    )


def run_graph(
    path: Path, tokenizer: Tokenizer, texts: list[str], longest: int, names: list[str], threads: int = 2
) -> dict[str, np.ndarray]:
    """Float32 [texts, ...] per output."""
    session = open_session(path, threads)
    outputs: dict[str, np.ndarray] = {}
    for places, ids, mask in in_batches(tokenizer, texts, 4096, longest):
        for name, values in zip(names, session.run(names, {"input_ids": ids.numpy(), "attention_mask": mask.numpy()}), strict=True):
            outputs.setdefault(name, np.zeros((len(texts), values.shape[1]), np.float32))[places] = values
    return outputs


def calibration(corpus: Corpus, tokenizer: Tokenizer, encoded: Encoded, config: dict) -> Iterator[dict[str, np.ndarray]]:
    drawn = Sampler(corpus, tokenizer, encoded, config, 0.5, seed=11).batches(1024, config["model"]["max_length"])
    for _, ids, mask in islice(drawn, config["compress"]["calibration_batches"]):
        yield {"input_ids": ids.numpy(), "attention_mask": mask.numpy()}


def outlier_batches(corpus: Corpus, tokenizer: Tokenizer, encoded: Encoded, config: dict) -> list[tuple[torch.Tensor, torch.Tensor]]:
    feeds = islice(calibration(corpus, tokenizer, encoded, config), OUTLIER_BATCHES)
    return [(torch.from_numpy(feed["input_ids"]), torch.from_numpy(feed["attention_mask"])) for feed in feeds]


def tokens_per_second(path: Path, pieces: int, seconds: float = 4.0) -> int:
    """Speed of the session alone on one thread, batches of 32 texts of 32 tokens."""
    session = open_session(path)
    names = [output.name for output in session.get_outputs() if output.name != VECTORS]
    ids = np.random.default_rng(0).integers(4, pieces, (32, 32))
    feed = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
    session.run(names, feed)
    runs, started = 0, time.monotonic()
    while time.monotonic() - started < seconds:
        session.run(names, feed)
        runs += 1
    return int(runs * ids.size / (time.monotonic() - started))


def older_rows(corpus: Corpus, config: dict) -> np.ndarray:
    """Dev rows of the older sources, at most so many of each."""
    left_out = [number for number, name in enumerate(corpus.sources) if name in config["data"]["left_out"]]
    rows = np.random.default_rng(5).permutation(corpus.rows(DEV, clean=False))
    source = corpus.columns["source"][rows]
    each = [rows[source == number][: config["compress"]["older_rows"]] for number in np.unique(source) if number not in left_out]
    return np.concatenate(each) if each else rows


def coarse_of(corpus: Corpus, task: str, rows: np.ndarray, logits: np.ndarray) -> Coarse | None:
    """The rows that an older source labelled for a task, but for the language, whose labels the rows always have."""
    known = corpus.labelled(task)[rows]
    if task == LANGUAGE or not known.any():
        return None
    bits = corpus.columns["task_" + task][rows[known]]
    return logits[known], (bits[:, None] >> np.arange(logits.shape[1]) & 1).astype(bool)


def calibrate(model: Model, tokenizer: Tokenizer, corpus: Corpus, config: dict) -> dict[str, dict]:
    """Scales and shifts the heads by dev; returns what was fitted."""
    dev, longest = corpus.rows(DEV, clean=True), config["model"]["max_length"]
    logits, _ = predict(model, tokenizer, [corpus.texts[row] for row in dev], longest)
    older = older_rows(corpus, config)
    of_older, _ = predict(model, tokenizer, [corpus.texts[row] for row in older], longest)
    fitted = {}
    for task, about in config["tasks"].items():
        column = corpus.columns["task_" + task][dev]
        known = corpus.labelled(task)[dev]
        if is_multi(about):
            scale, shift = fit_multi(logits[task][known], column[known])
        else:
            scale, shift = choose_shift(logits[task][known], single_labels(column[known]), coarse_of(corpus, task, older, of_older[task]))
        scale_head(model, task, scale, shift)
        fitted[task] = {"scale": round(scale, 3), "shift": shift.round(3).tolist()}
    return fitted


def measure(path: Path, tokenizer: Tokenizer, corpus: Corpus, config: dict, pieces: int) -> tuple[dict, dict[str, list[float]]]:
    """(quality on dev, bytes and speed; thresholds of the tasks with several labels)."""
    dev = corpus.rows(DEV, clean=True)
    tasks = config["tasks"]
    logits = run_graph(path, tokenizer, [corpus.texts[row] for row in dev], config["model"]["max_length"], list(tasks))
    thresholds = {}
    for task, about in tasks.items():
        if is_multi(about):
            known = corpus.labelled(task)[dev]
            thresholds[task] = best_thresholds(corpus.columns["task_" + task][dev][known], sigmoid(logits[task][known])).round(3).tolist()
    report = {
        "dev_macro_f1": quality(corpus, tasks, dev, logits),
        "bytes": path.stat().st_size,
        "tokens_per_second": tokens_per_second(path, pieces),
    }
    return report, thresholds


def float_products(graph: onnx.GraphProto) -> list[str]:
    """Names of the products of the few neurons that stay in float."""
    sizes = {tensor.name: tensor.dims for tensor in graph.initializer}
    return [node.name for node in graph.node if node.op_type == "MatMul" and FEW in list(sizes.get(node.input[1], []))]


def to_int8(model: Model, corpus: Corpus, tokenizer: Tokenizer, encoded: Encoded, config: dict, folder: Path) -> None:
    """Writes model-fp32.onnx and model.onnx; the model's outliers are taken out first."""
    take_out(model, outlier_batches(corpus, tokenizer, encoded, config))
    quantise(model, corpus, tokenizer, encoded, config, folder)


def quantise(model: Model, corpus: Corpus, tokenizer: Tokenizer, encoded: Encoded, config: dict, folder: Path) -> None:
    """Writes model-fp32.onnx and model.onnx of a model without outliers."""
    export(model, folder / "model-fp32.onnx")
    # 4 bits are what the tables came in, block by block: nothing is lost.
    in_float = float_products(onnx.load(folder / "model-fp32.onnx").graph)
    feeds = calibration(corpus, tokenizer, encoded, config)
    quantise_graph(folder / "model-fp32.onnx", folder / "model.onnx", feeds, in_float, table_bits=4)


def build(work: Path, config: dict) -> None:
    corpus, folder = Corpus.load(work), tier_folder(work, config)
    tokenizer = Tokenizer.from_file(str(work / "tokenizer.json"))
    encoded = Encoded(work, corpus, tokenizer)
    model = load_model(config, folder / "model.pt", config["student"])
    fitted = calibrate(model, tokenizer, corpus, config)
    to_int8(model, corpus, tokenizer, encoded, config, folder)
    report: dict[str, dict] = {}
    for kind, path in (("fp32", folder / "model-fp32.onnx"), ("int8", folder / "model.onnx")):
        report[kind], thresholds = measure(path, tokenizer, corpus, config, model.shape.pieces)
        (folder / f"thresholds-{kind}.json").write_text(json.dumps(thresholds))
    (folder / "compress.json").write_text(json.dumps(report))
    print(json.dumps({"calibration": fitted, "thresholds": thresholds} | report), file=sys.stderr)


def main() -> None:
    given = arguments(__doc__).parse_args()
    build(given.work, load(given.config, given.tier))


if __name__ == "__main__":
    main()
