"""Step 7, compress: calibrates the trained model, and turns it into a static int8 ONNX graph.

Writes model-fp32.onnx (calibrated), model.onnx (int8), thresholds.json and compress.json into the tier's folder.
"""

import json
import sys
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import numpy as np
import onnxruntime
import torch

from batches import BOS_ID, EOS_ID, MULTI, SINGLE, Corpus, Sampler, eval_batches
from calibrate import choose_shift, fit_thresholds, rows_of, scale_heads
from corpus import UNLABELLED
from metrics import decide, macro_f1
from model import Model
from phrases import add_phrases
from settings import arguments, load, tier_folder
from static_int8 import open_session, quantise_graph
from train import dev_sample, load_model

OPSET = 17


def weigh_languages(model: Model, corpus: Corpus, rows: np.ndarray, logits: np.ndarray, longest: int) -> tuple[float, np.ndarray]:
    """How much the pieces' languages count beside the other paths, by macro-F1 on dev; and the logits with that weight."""
    table = model.piece_languages.weight.detach().numpy()
    texts = (np.concatenate([[BOS_ID], corpus.tokens(row)[: longest - 2], [EOS_ID]]) for row in rows)
    share = np.stack([table[text].mean(0) for text in texts])
    labels = corpus.columns["language"][rows]
    known = labels != UNLABELLED
    weights = (1.0, 2.0, 3.0, 5.0)
    quality = [macro_f1("language", labels[known], (logits + (weight - 1) * share)[known].argmax(-1)) for weight in weights]
    best = weights[int(np.argmax(quality))]
    return best, logits + (best - 1) * share


def run(session: onnxruntime.InferenceSession, corpus: Corpus, rows: np.ndarray, longest: int) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    names = [output.name for output in session.get_outputs()]
    order, outputs = [], {name: [] for name in names}
    for chosen, ids, mask in eval_batches(corpus, rows, 4096, longest):
        order.append(chosen)
        for name, values in zip(names, session.run(names, {"input_ids": ids.numpy(), "attention_mask": mask.numpy()}), strict=True):
            outputs[name].append(values)
    return np.concatenate(order), {name: np.concatenate(values) for name, values in outputs.items()}


def export(model: Model, path: Path) -> None:
    """fp32 ONNX: int64 [batch, sequence] inputs, one float32 [batch, labels] of logits per task."""

    class Flat(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.model = model

        def forward(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> tuple[torch.Tensor, ...]:
            return tuple(self.model(input_ids, attention_mask).values())

    model.eval()
    ids = torch.randint(4, 100, (2, 7))
    axes = {0: "batch", 1: "sequence"}
    torch.onnx.export(
        Flat().eval(),
        (ids, torch.ones_like(ids)),
        str(path),
        opset_version=OPSET,
        dynamo=False,
        input_names=["input_ids", "attention_mask"],
        output_names=list(model.label_counts),
        dynamic_axes={"input_ids": axes, "attention_mask": axes} | {task: {0: "batch"} for task in model.label_counts},
    )


def calibration(corpus: Corpus, config: dict) -> Iterator[dict[str, np.ndarray]]:
    drawn = Sampler(corpus, config, seed=11).batches(1024, config["model"]["max_length"])
    for _, _, ids, mask in islice(drawn, config["compress"]["calibration_batches"]):
        yield {"input_ids": ids.numpy(), "attention_mask": mask.numpy()}


def tokens_per_second(path: Path, pieces: int, seconds: float = 4.0) -> int:
    """Speed of the session alone on one thread, batches of 32 texts of 32 tokens."""
    session = open_session(path)
    ids = np.random.default_rng(0).integers(4, pieces, (32, 32))
    feed = {"input_ids": ids, "attention_mask": np.ones_like(ids)}
    session.run(None, feed)
    runs, started = 0, time.monotonic()
    while time.monotonic() - started < seconds:
        session.run(None, feed)
        runs += 1
    return int(runs * ids.size / (time.monotonic() - started))


def build(work: Path, config: dict) -> None:
    longest = config["model"]["max_length"]
    corpus, folder = Corpus.load(work), tier_folder(work, config)
    model = load_model(work, config)
    dev = dev_sample(corpus, config["compress"]["dev_rows"], config["train"]["seed"])
    export(model, folder / "model-fp32.onnx")

    order, logits = run(open_session(folder / "model-fp32.onnx", 2), corpus, dev, longest)
    fitted: dict[str, object] = {}
    if model.piece_languages is not None:
        weight, logits["language"] = weigh_languages(model, corpus, order, logits["language"], longest)
        model.piece_languages.weight.data *= weight
        fitted["weight of the pieces' languages"] = weight
    if config["model"]["phrases"]:
        add_phrases(model, work, config, corpus, order, logits)
    for task in model.label_counts:
        known = corpus.labelled(task)[order]
        if task == "sentiment":  # rows of two-class sources say nothing about how likely neutral is
            known &= ~corpus.no_neutral[corpus.columns["source"][order]]
        if task in SINGLE and known.any():
            scale, shift = choose_shift(task, logits[task][known], corpus.columns[task][order][known])
            scale_heads(model, task, scale)
            model.heads[0].bias.data[rows_of(model.label_counts, task)] += torch.from_numpy(shift)
            if task == "language" and model.piece_languages is not None:
                model.piece_languages.weight.data *= scale
            fitted[task] = {"scale": round(scale, 3), "shift": shift.round(3).tolist()}
    export(model, folder / "model-fp32.onnx")
    quantise_graph(folder / "model-fp32.onnx", folder / "model.onnx", calibration(corpus, config), table_bits=config["model"]["table_bits"])

    report: dict[str, dict] = {}
    for kind, path in (("fp32", folder / "model-fp32.onnx"), ("int8", folder / "model.onnx")):
        _, logits = run(open_session(path, 2), corpus, dev, longest)
        thresholds = {task: fit_thresholds(logits[task], corpus.columns[task][order]) for task in MULTI}
        scores = {}
        for task in logits:
            known = corpus.labelled(task)[order]
            if known.any():
                labels = corpus.columns[task][order][known]
                scores[task] = round(macro_f1(task, labels, decide(task, logits[task][known], thresholds.get(task))), 4)
        report[kind] = {
            "dev_macro_f1": scores,
            "bytes": path.stat().st_size,
            "tokens_per_second": tokens_per_second(path, model.embedding.num_embeddings),
        }
        if kind == "fp32":
            (folder / "thresholds-fp32.json").write_text(json.dumps(thresholds))
    (folder / "thresholds.json").write_text(json.dumps(thresholds))
    (folder / "compress.json").write_text(json.dumps(report))
    print(json.dumps({"calibration": fitted, "thresholds": thresholds} | report, indent=1), file=sys.stderr)


def main() -> None:
    given = arguments(__doc__).parse_args()
    build(given.work, load(given.config, given.tier))


if __name__ == "__main__":
    main()
