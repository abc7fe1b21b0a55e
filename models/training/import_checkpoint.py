"""Makes a bundle of checkpoints that transformers saved: XLM-R, mBERT, MiniLM, with one or several classification heads.

python import_checkpoint.py sentiment=CHECKPOINT --out BUNDLE --license mit
python import_checkpoint.py sentiment=ONE topic=TWO --out BUNDLE --license mit --calibrate texts.csv --trim-vocab texts.csv

Each task is a directory as `save_pretrained` writes it for `*ForSequenceClassification`; its config gives the labels
(`id2label`) and `problem_type`. Several tasks are several such directories over one and the same encoder, which the
bundle then holds and runs once. `--calibrate` makes it int8, `--trim-vocab` leaves out pieces that texts do not use.
"""

import argparse
import csv
import json
import platform
import re
import sys
import tempfile
from importlib.metadata import version
from pathlib import Path

from tokenizers import Tokenizer
from transformers import PreTrainedModel

import static_int8
from bundle import FORMAT_VERSION, describe_file
from checkpoint import PROBLEM_TYPES, Heads, export, load_all, positions, read_tokenizer, refuse, trim_model

BUILT_WITH = ("torch", "transformers", "tokenizers", "onnx", "onnxruntime", "numpy")


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


def describe_task(name: str, model: PreTrainedModel, threshold: float) -> dict:
    config = model.config
    labels = [str(config.id2label[number]) for number in range(config.num_labels)]
    kind = config.problem_type or PROBLEM_TYPES[0]
    task = {"name": name, "problem_type": kind, "labels": labels, "output": name}
    return task | ({"thresholds": [threshold] * len(labels)} if kind == PROBLEM_TYPES[1] else {})


def license_of(directory: Path, told: str | None) -> str:
    """What the user says, or what the checkpoint's card says."""
    card = directory / "README.md"
    front_matter = re.match(r"---\n(.*?)\n---", card.read_text(encoding="utf-8"), re.DOTALL) if card.exists() else None
    stated = re.search(r"^license:\s*(\S+)", front_matter.group(1), re.MULTILINE) if front_matter else None
    if told or stated:
        return told or stated.group(1)
    raise refuse(f"expected a licence for the weights in {directory}, found none stated; give it with --license")


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


def build(arguments: argparse.Namespace) -> None:
    checkpoints = {name: Path(directory) for name, directory in arguments.checkpoints}
    if len(checkpoints) != len(arguments.checkpoints):
        raise refuse("expected every task to have a name of its own")
    first = next(iter(checkpoints.values()))
    arguments.license = license_of(first, arguments.license)
    arguments.built_on = arguments.built_on or first.resolve().name
    write_bundle(load_all(checkpoints), read_tokenizer(first), arguments)


def write_bundle(models: dict[str, PreTrainedModel], tokenizer: dict, arguments: argparse.Namespace) -> None:
    """A bundle of models over one encoder in memory, by task."""
    encoder_of = next(iter(models.values()))
    is_wordpiece = tokenizer["model"]["type"] == "WordPiece"
    kind = encoder_of.config.model_type
    architecture = "minilm" if kind == "bert" and not is_wordpiece else kind
    longest = positions(encoder_of)
    max_length = min(arguments.max_length or longest, longest)
    if arguments.trim_vocab:
        tokenizer = trim_model(encoder_of, tokenizer, read_texts(arguments.trim_vocab, arguments.text_column))
    tasks = [describe_task(name, model, arguments.threshold) for name, model in models.items()]
    # BERT was trained with segment ids; a tokenizer of XLM-R's kind has none, and MiniLM takes them as 0.
    heads = Heads(models, uses_token_types=kind == "bert" and is_wordpiece).eval()

    out = arguments.out
    out.mkdir(parents=True, exist_ok=True)
    (out / "tokenizer.json").write_text(json.dumps(tokenizer, ensure_ascii=False), encoding="utf-8")
    pieces = Tokenizer.from_file(str(out / "tokenizer.json"))
    names, pad = heads.input_names, encoder_of.config.pad_token_id
    int8 = None
    with tempfile.TemporaryDirectory(dir=out) as folder:
        fp32 = Path(folder, "fp32.onnx")
        export(heads, list(models), fp32)
        if arguments.calibrate:
            texts = read_texts(arguments.calibrate, arguments.text_column)
            # Calibrated on one half, measured on the other.
            halves = [texts[half::2][: static_int8.CALIBRATION_TEXTS] or texts for half in (0, 1)]
            batches = [list(static_int8.make_feeds(pieces, half, names, pad, max_length)) for half in halves]
            int8 = static_int8.quantise(fp32, out / "model.onnx", tasks, *batches)
        else:
            fp32.rename(out / "model.onnx")
    # Products in float round otherwise in other batches, and there is no doubt about a model that is all float.
    invariant = int8 is not None and static_int8.is_batch_invariant(out / "model.onnx", pieces.get_vocab_size(), names, pad, max_length)
    about = {
        "format_version": FORMAT_VERSION,
        "name": arguments.name or out.resolve().name,
        "version": arguments.version,
        "license": arguments.license,
        "architecture": architecture,
        "languages": arguments.languages,
        "max_length": max_length,
        "pad_token_id": pad,
        "files": [describe_file(out / name) for name in ("model.onnx", "tokenizer.json")],
        "tasks": tasks,
        "batch_invariant": invariant,
        "metrics": {},
        "provenance": {
            "recipe": Path(__file__).name,
            "built_on": [{"name": arguments.built_on, "license": arguments.license}],
            "vocabulary": "trimmed" if arguments.trim_vocab else "whole",
            "int8": int8,
            "built_with": {"python": platform.python_version()} | {name: version(name) for name in BUILT_WITH},
        },
    }
    (out / "bundle.json").write_text(json.dumps(about, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    write_card(out, about)
    print(f"{about['name']}: {sum(path.stat().st_size for path in out.iterdir())} bytes", file=sys.stderr)


def named_checkpoint(text: str) -> tuple[str, str]:
    name, separator, directory = text.partition("=")
    if not separator or not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise argparse.ArgumentTypeError(f"expected task=directory, the task in lower case, found {text}")
    return name, directory


def parse(words: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("checkpoints", nargs="+", type=named_checkpoint, metavar="task=directory")
    parser.add_argument("--out", type=Path, required=True, help="bundle directory")
    parser.add_argument("--name", help="of the bundle; default: the directory's")
    parser.add_argument("--version", default="1.0.0")
    parser.add_argument("--license", help="of the weights, where the checkpoint's card does not state it")
    parser.add_argument("--built-on", help="what the checkpoint is or was made from, for the provenance")
    parser.add_argument("--languages", type=lambda text: text.split(","), default=[], help="codes, with commas")
    parser.add_argument("--max-length", type=int, help="tokens per text; default: what the positions allow")
    parser.add_argument("--threshold", type=float, default=0.5, help="of every label of multi-label tasks")
    parser.add_argument("--calibrate", type=Path, help="CSV or JSONL of texts like those to score; makes the bundle int8")
    parser.add_argument("--trim-vocab", type=Path, help="CSV or JSONL of texts whose pieces are kept")
    parser.add_argument("--text-column", default="text", help="of both files")
    return parser.parse_args(words)


if __name__ == "__main__":
    build(parse())
