"""A bundle of checkpoints in memory: exported, compared with transformers, quantised, described."""

import argparse
import csv
import json
import math
import platform
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

import static_int8
from bundle import FORMAT_VERSION, describe_file
from checkpoint import PROBLEM_TYPES, Checkpoint, measure_reference, pad_id, share_encoder, trim_model
from heads import Heads, export
from probes import FILE as PROBES
from probes import TEXTS, make_probes, write_probes
from refusal import GATE, refuse

BUILT_WITH = ("torch", "transformers", "tokenizers", "onnx", "onnxruntime", "numpy")
FILES = ("model.onnx", "tokenizer.json", PROBES)
RECIPE = "import_checkpoint.py"
TOLERANCE = 1e-4  # of a logit, in fp32: what another order of the same sums explains


def read_texts(path: Path, column: str) -> list[str]:
    """The non-empty texts of one column of a CSV or JSONL file."""
    csv.field_size_limit(2**31 - 1)
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = (json.loads(line) for line in file if line.strip()) if path.suffix == ".jsonl" else csv.DictReader(file)
        texts = []
        for row in rows:
            if column not in row:
                raise refuse(f"{path}: expected a column {column}, found {', '.join(row)}; name it with --text-column")
            texts.append((row[column] or "").strip())
    texts = [text for text in texts if text]
    if not texts:
        raise refuse(f"{path}: expected texts in {column}, found none")
    return texts


def describe_task(checkpoint: Checkpoint, threshold: float) -> dict:
    task = {"name": checkpoint.task, "problem_type": checkpoint.kind, "labels": checkpoint.labels, "output": checkpoint.task}
    return task | ({"thresholds": [threshold] * len(checkpoint.labels)} if checkpoint.kind == PROBLEM_TYPES[1] else {})


def write_bundle(checkpoints: list[Checkpoint], out: Path, arguments: argparse.Namespace) -> None:
    first = checkpoints[0]
    tokenizer = first.tokenizer.json
    is_wordpiece = tokenizer["model"]["type"] == "WordPiece"
    kind = first.encoder.config.model_type
    longest = min(checkpoint.max_length for checkpoint in checkpoints)
    max_length = min(arguments.max_length or longest, longest)
    texts = probe_texts(first, max_length)
    ids = [measure_reference(checkpoint, texts, max_length) for checkpoint in checkpoints][0]
    share_encoder(checkpoints)
    pad = pad_id(first)
    if arguments.trim_vocab:
        kept = read_texts(arguments.trim_vocab, arguments.text_column) + texts
        tokenizer, old_ids = trim_model(first.encoder, tokenizer, pad, kept)
        new_ids = {old: new for new, old in enumerate(old_ids)}
        ids, pad = [[new_ids[id] for id in row] for row in ids], new_ids[pad]
    tasks = [describe_task(checkpoint, arguments.threshold) for checkpoint in checkpoints]
    # BERT was trained with segment ids; a tokenizer of XLM-R's kind has none, and MiniLM takes them as 0.
    heads = Heads(first.encoder, [checkpoint.head for checkpoint in checkpoints], uses_token_types=kind == "bert" and is_wordpiece).eval()

    (out / "tokenizer.json").write_text(json.dumps(tokenizer, ensure_ascii=False), encoding="utf-8")
    pieces = Tokenizer.from_file(str(out / "tokenizer.json"))
    names = heads.input_names
    reference = {checkpoint.task: np.stack(checkpoint.reference) for checkpoint in checkpoints}
    int8, tolerance = None, TOLERANCE
    with tempfile.TemporaryDirectory(dir=out.parent) as folder:
        fp32 = Path(folder, "fp32.onnx")
        export(heads, list(reference), fp32)
        refuse_other_logits(largest_difference(fp32, reference, ids, names, pad), tolerance)
        if arguments.calibrate:
            int8 = quantise(fp32, out / "model.onnx", tasks, pieces, names, pad, max_length, arguments)
            tolerance = rounded_up(1.5 * largest_difference(out / "model.onnx", reference, ids, names, pad)[0])
        else:
            fp32.rename(out / "model.onnx")
    built_with = {"python": platform.python_version()} | {name: version(name) for name in BUILT_WITH}
    write_probes(out / PROBES, make_probes(texts, ids, reference), tolerance, {name: built_with[name] for name in BUILT_WITH})
    # Products in float round otherwise in other batches, and there is no doubt about a model that is all float.
    invariant = int8 is not None and static_int8.is_batch_invariant(out / "model.onnx", pieces.get_vocab_size(), names, pad, max_length)
    about = {
        "format_version": FORMAT_VERSION,
        "name": arguments.name or arguments.out.resolve().name,
        "version": arguments.version,
        "license": arguments.license,
        "architecture": "minilm" if kind == "bert" and not is_wordpiece else kind,
        "languages": arguments.languages,
        "max_length": max_length,
        "pad_token_id": pad,
        "files": [describe_file(out / name) for name in FILES],
        "tasks": tasks,
        "batch_invariant": invariant,
        "metrics": {},
        "provenance": {
            "recipe": RECIPE,
            "built_on": [{"name": arguments.built_on, "license": arguments.license}],
            "vocabulary": "trimmed" if arguments.trim_vocab else "whole",
            "left_out": sorted({name for checkpoint in checkpoints for name in checkpoint.left_out}),
            "int8": int8,
            "built_with": built_with,
        },
    }
    (out / "bundle.json").write_text(json.dumps(about, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    write_card(out, about)
    print(f"{about['name']}: {sum(path.stat().st_size for path in out.iterdir())} bytes", file=sys.stderr)


def probe_texts(checkpoint: Checkpoint, max_length: int) -> list[str]:
    """Those of the 64 in which voxpop and transformers agree on purpose: no special token written out, and not nothing."""
    frame = len(checkpoint.tokenizer.auto("")["input_ids"])
    plain = [text for text in TEXTS if not any(token in text for token in checkpoint.tokenizer.special)]
    return [text for text, ids in zip(plain, checkpoint.tokenizer.ids(plain, max_length), strict=True) if len(ids) > frame]


def largest_difference(
    model: Path, reference: dict[str, np.ndarray], ids: list[list[int]], names: list[str], pad: int
) -> tuple[float, str]:
    """Of a logit of an ONNX model from the reference's, in batches of mixed lengths; and the task's name."""
    session = static_int8.open_session(model)
    largest = (0.0, "")
    for start in range(0, len(ids), static_int8.BATCH):
        rows = ids[start : start + static_int8.BATCH]
        for task, found in zip(reference, session.run(list(reference), static_int8.make_feed(rows, names, pad)), strict=True):
            difference = np.abs(found - reference[task][start : start + len(rows)])
            largest = max(largest, (float(np.nan_to_num(difference, nan=np.inf).max()), task))
    return largest


def refuse_other_logits(largest: tuple[float, str], tolerance: float) -> None:
    difference, task = largest
    if difference > tolerance:
        raise refuse(
            f"expected the exported model to give the logits of transformers within {tolerance}, found a difference of {difference:.2g} in {task}: "
            "the checkpoint has something that a bundle cannot hold"
        )


def rounded_up(largest: float) -> float:
    """To two digits, and no less than what other processors' int8 may move."""
    digits = 1 - math.floor(math.log10(largest)) if largest > 0 else 2
    return max(0.01, math.ceil(largest * 10**digits) / 10**digits)


def quantise(
    fp32: Path, int8: Path, tasks: list[dict], pieces: Tokenizer, names: list[str], pad: int, max_length: int, arguments: argparse.Namespace
) -> dict:
    texts = read_texts(arguments.calibrate, arguments.text_column)
    # Calibrated on one half, measured on the other.
    halves = [texts[half::2][: static_int8.CALIBRATION_TEXTS] or texts for half in (0, 1)]
    batches = [list(static_int8.make_feeds(pieces, half, names, pad, max_length)) for half in halves]
    report = static_int8.quantise(fp32, int8, tasks, *batches)
    task, agreement = min(report["label_agreement_with_fp32"].items(), key=lambda item: item[1])
    if agreement < arguments.min_agreement:
        raise refuse(
            f"int8 gives {agreement:.1%} of {report['texts']} texts fp32's labels of {task}, --min-agreement is {arguments.min_agreement:.1%}; "
            "calibrate with more texts like those to score, import in fp32 (without --calibrate), or accept it with a lower --min-agreement",
            GATE,
        )
    return report


def write_card(out: Path, about: dict) -> None:
    rows = "\n".join(f"| {task['name']} | {task['problem_type'].split('_')[0]} | {', '.join(task['labels'])} |" for task in about["tasks"])
    built_on = ", ".join(f"{base['name']} ({base['license']})" for base in about["provenance"]["built_on"])
    int8 = about["provenance"]["int8"]
    lines = [
        f"# {about['name']}\n",
        f"Imported from {built_on}; {about['architecture']}, {'static int8' if int8 else 'fp32'}. Licence: {about['license']}.\n",
        f"| task | kind | labels |\n| --- | --- | --- |\n{rows}\n",
        "Quality was not measured here. `voxpop evaluate` does, on labelled texts of your own.\n",
    ]
    (out / "README.md").write_text("\n".join(lines), encoding="utf-8")
