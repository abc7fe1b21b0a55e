"""Step 7, evaluate: scores a bundle on the test splits and on the held-out sources.

Needs only the bundle and the corpus step. Writes the metrics into bundle.json and the tables into
the card, between its `<!-- begin:NAME -->` and `<!-- end:NAME -->` lines.
"""

import argparse
import json
import re
import sys
import tomllib
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from batches import BOS_ID, EOS_ID, MULTI, Corpus, collate
from bundle import license_of
from compress import open_session
from corpus import HELD_OUT, TEST, TRAIN
from metrics import calibration_error, decide, macro_f1, majority, softmax


def predict(bundle: Path, about: dict, texts: list[str], batch_tokens: int = 4096) -> dict[str, np.ndarray]:
    """Logits per task, in the order of `texts`."""
    tokenizer = Tokenizer.from_file(str(bundle / "tokenizer.json"))
    session = open_session(bundle / "model.onnx", threads=2)
    longest = about["max_length"]
    ids = [np.array(encoding.ids[: longest - 2], np.int64) for encoding in tokenizer.encode_batch(texts, add_special_tokens=False)]
    order = np.argsort([len(text) for text in ids], kind="stable")
    outputs = {task["output"]: np.zeros((len(texts), len(task["labels"])), np.float32) for task in about["tasks"]}
    start = 0
    while start < len(order):
        stop = start + 1
        while stop < len(order) and (len(ids[order[stop]]) + 2) * (stop + 1 - start) <= batch_tokens:
            stop += 1
        chosen = order[start:stop]
        input_ids, mask = collate([ids[row] for row in chosen], longest)
        for name, values in zip(
            outputs, session.run(list(outputs), {"input_ids": input_ids.numpy(), "attention_mask": mask.numpy()}), strict=True
        ):
            outputs[name][chosen] = values
        start = stop
    assert (tokenizer.token_to_id("<s>"), tokenizer.token_to_id("</s>")) == (BOS_ID, EOS_ID)
    return outputs


def measure(
    task: str, corpus: Corpus, rows: np.ndarray, logits: np.ndarray, thresholds: list[float] | None, baseline: np.ndarray | None
) -> dict:
    """Figures of one task on `rows`; `logits` and `baseline` (decisions) belong to the same rows."""
    labels = corpus.columns[task][rows]
    train_labels = corpus.columns[task][corpus.columns["split"] == TRAIN]
    figures: dict = {
        "n": len(rows),
        "macro_f1": macro_f1(task, labels, decide(task, logits, thresholds)),
        "majority_macro_f1": macro_f1(task, labels, majority(task, train_labels, len(rows))),
    }
    if baseline is not None:
        figures["fasttext_macro_f1"] = macro_f1(task, labels, baseline)
    if task not in MULTI:
        figures["accuracy"] = float((logits.argmax(-1) == labels).mean())
        figures["ece"] = calibration_error(labels, softmax(logits))
    return {name: round(value, 4) for name, value in figures.items()}


def table(header: list[str], rows: list[list[str]]) -> str:
    right = "|".join(["---"] + ["---:"] * (len(header) - 1))
    return "\n".join(["| " + " | ".join(header) + " |", "|" + right + "|", *("| " + " | ".join(row) + " |" for row in rows)])


def show(figures: dict, name: str) -> str:
    return f"{figures[name]:.3f}" if name in figures else ""


def tables(metrics: dict, config: dict, corpus: Corpus) -> dict[str, str]:
    columns = ["macro_f1", "fasttext_macro_f1", "majority_macro_f1", "accuracy", "ece"]
    header = ["macro-F1", "fastText", "majority", "accuracy", "ECE"]
    tasks = metrics["test"]
    by_task = [[task, str(f["n"]), *(show(f, name) for name in columns)] for task, f in tasks.items()]
    languages = [*config["data"]["languages"]]
    by_language = []
    for language in languages:
        cells = []
        for task in tasks:
            figures = tasks[task]["languages"].get(language)
            cells.append("" if figures is None else f"{figures['accuracy' if task == 'language' else 'macro_f1']:.3f} ({figures['n']})")
        by_language.append([language, *cells])
    unseen = [[source, str(f["n"]), *(show(f, name) for name in columns)] for source, f in metrics["held_out"].items()]
    names = [name.removeprefix("parallel_") for name in corpus.sources]
    held_out = config["data"].get("held_out", [])
    kinds = [
        "translations" if name.startswith("parallel_") else "measured only" if name in held_out else "labelled" for name in corpus.sources
    ]
    used = [[name, kind, license_of(full, config["licenses"])] for full, name, kind in zip(corpus.sources, names, kinds, strict=True)]
    compression = metrics.get("compression", {})
    sizes = [
        [kind, f"{f['bytes'] / 1e6:.1f} MB", f"{f['tokens_per_second']:,}", *(f"{f['dev_macro_f1'].get(task, 0):.3f}" for task in tasks)]
        for kind, f in compression.items()
    ]
    return {
        "compression": table(["", "model.onnx", "tokens/s, one core", *(f"{task}, dev" for task in tasks)], sizes),
        "tasks": table(["task", "rows", *header], by_task),
        "languages": table(["", *(f"{task}, accuracy" if task == "language" else task for task in tasks)], by_language),
        "unseen": table(["source", "rows", *header], unseen),
        "sources": table(["source", "kind", "licence"], used).replace("---:", "---"),
    }


def fill(card: Path, filled: dict[str, str]) -> None:
    text = card.read_text(encoding="utf-8")
    for name, body in filled.items():
        pattern = rf"(<!-- begin:{name} -->\n).*?(<!-- end:{name} -->)"
        text = re.sub(pattern, lambda match, body=body: f"{match[1]}\n{body}\n\n{match[2]}", text, flags=re.DOTALL)
    card.write_text(text, encoding="utf-8")


def build(work: Path, bundle: Path, config: dict) -> None:
    corpus = Corpus.load(work)
    texts = json.loads((work / "texts.json").read_text(encoding="utf-8"))
    about = json.loads((bundle / "bundle.json").read_text(encoding="utf-8"))
    split = corpus.columns["split"]
    measured = np.flatnonzero(np.isin(split, (TEST, HELD_OUT)))
    logits = predict(bundle, about, [texts[row] for row in measured])
    thresholds = {task["name"]: task.get("thresholds") for task in about["tasks"]}
    baseline: dict[str, np.ndarray] = {}
    if (work / "baseline.npz").exists():
        stored = np.load(work / "baseline.npz")
        baseline_thresholds = json.loads(str(stored["thresholds"]))
        baseline = {task: decide(task, stored[task], baseline_thresholds.get(task)) for task in thresholds}

    def figures(task: str, chosen: np.ndarray) -> dict:
        fast = baseline[task][chosen] if baseline else None
        return measure(task, corpus, measured[chosen], logits[task][chosen], thresholds[task], fast)

    metrics: dict = {"test": {}, "held_out": {}}
    source, language = corpus.columns["source"][measured], corpus.columns["language_code"][measured]
    for task in thresholds:
        known = corpus.labelled(task)[measured]
        on_test = known & (split[measured] == TEST)
        if not on_test.any():
            continue
        metrics["test"][task] = figures(task, np.flatnonzero(on_test)) | {
            "languages": {
                corpus.languages[code]: figures(task, np.flatnonzero(on_test & (language == code))) for code in np.unique(language[on_test])
            },
            "sources": {
                corpus.sources[number]: figures(task, np.flatnonzero(on_test & (source == number))) for number in np.unique(source[on_test])
            },
        }
    unseen = corpus.labelled("sentiment")[measured] & (split[measured] == HELD_OUT)
    for number in np.unique(source[unseen]):
        metrics["held_out"][corpus.sources[number]] = figures("sentiment", np.flatnonzero(unseen & (source == number)))
    if metrics["held_out"]:
        first = next(iter(metrics["held_out"].values()))
        metrics["held_out"]["mean"] = {"n": int(unseen.sum())} | {
            name: round(float(np.mean([f[name] for f in metrics["held_out"].values()])), 4) for name in first if name != "n"
        }
    if (work / "compress.json").exists():
        metrics["compression"] = json.loads((work / "compress.json").read_text())
    about["metrics"] = metrics
    (bundle / "bundle.json").write_text(json.dumps(about, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    fill(bundle / "README.md", tables(metrics, config, corpus))
    for task, found in metrics["test"].items():
        print(task, {name: value for name, value in found.items() if not isinstance(value, dict)}, file=sys.stderr)
    print("held out", metrics["held_out"].get("mean"), file=sys.stderr)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--config", type=Path, required=True)
    parser.add_argument("--work", type=Path, required=True)
    parser.add_argument("--bundle", type=Path, required=True)
    arguments = parser.parse_args()
    build(arguments.work, arguments.bundle, tomllib.loads(arguments.config.read_text()))


if __name__ == "__main__":
    main()
