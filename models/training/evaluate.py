"""Step 9, evaluate: scores a bundle on the test splits and on the held-out sources.

Needs only the bundle and the corpus step. Writes the metrics into bundle.json and the tables into
the card, between its `<!-- begin:NAME -->` and `<!-- end:NAME -->` lines.
"""

import json
import random
import re
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from batches import BOS_ID, EOS_ID, MULTI, Corpus, collate
from corpus import HELD_OUT, TEST, TRAIN, license_of
from metrics import calibration_error, decide, macro_f1, majority, softmax
from settings import arguments, load, tier_folder
from static_int8 import open_session

# How people write, apart from what they mean.
DISTURBANCES = {
    "as written": lambda text, rng: text,
    "UPPER CASE": lambda text, rng: text.upper(),
    "without diacritics": lambda text, rng: strip_marks(text),
    "a typo in 20 letters": lambda text, rng: mistype(text, rng),
    "emoji appended": lambda text, rng: text + " " + rng.choice(["🙂", "👀", "📦", "🤷", "✨", "🏨"]),
}
# The marks of these languages are vowels and tones: a text without them is no text.
MARKS_ARE_LETTERS = ("hi", "th", "ar", "ja", "ko", "zh")


def strip_marks(text: str) -> str:
    plain = "".join(character for character in unicodedata.normalize("NFD", text) if not unicodedata.combining(character))
    return unicodedata.normalize("NFC", plain).replace("đ", "d").replace("ı", "i")


def mistype(text: str, rng: random.Random) -> str:
    characters = list(text)
    for _ in range(round(len(characters) / 20)):
        at = rng.randrange(len(characters) - 1) if len(characters) > 2 else 0
        kind = rng.randrange(3)
        if kind == 0:
            del characters[at]
        elif kind == 1:
            characters.insert(at, characters[at])
        else:
            characters[at : at + 2] = characters[at : at + 2][::-1]
    return "".join(characters)


def predict(model: Path, tokenizer_file: Path, about: dict, texts: list[str], batch_tokens: int = 4096) -> dict[str, np.ndarray]:
    """Logits per task, in the order of `texts`."""
    tokenizer = Tokenizer.from_file(str(tokenizer_file))
    session = open_session(model, threads=2)
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


ROBUST_TASKS = ("sentiment", "actionability", "language")


def robustness(
    corpus: Corpus, texts: list[str], rows: np.ndarray, sample: int, score: Callable[[list[str]], dict[str, np.ndarray]]
) -> dict[str, dict]:
    """Accuracy on the same test texts, as written and disturbed; only languages whose words survive the loss of marks."""
    languages = [corpus.languages.index(name) for name in MARKS_ARE_LETTERS if name in corpus.languages]
    usable = rows[~np.isin(corpus.columns["language_code"][rows], languages)]
    rng = np.random.default_rng(1)
    chosen = np.concatenate([rng.permutation(usable[corpus.labelled(task)[usable]])[:sample] for task in ROBUST_TASKS[:2]])
    result = {}
    for name, disturb in DISTURBANCES.items():
        noise = random.Random(1)
        logits = score([disturb(texts[row], noise) or "." for row in chosen])
        result[name] = {"n": len(chosen)}
        for task in ROBUST_TASKS:
            labels = corpus.columns[task][chosen]
            known = labels >= 0
            result[name][task] = round(float((logits[task][known].argmax(-1) == labels[known]).mean()), 4) if known.any() else 0.0
    return result


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
    unseen = [
        [source, task, str(f["n"]), *(show(f, name) for name in columns)]
        for task, sources in metrics["held_out"].items()
        for source, f in sources.items()
    ]
    robustness = metrics.get("robustness", {})
    disturbed = [[name, str(f["n"]), *(f"{f[task]:.3f}" for task in ROBUST_TASKS)] for name, f in robustness.items()]
    against = metrics.get("teacher", {})
    degradation = [
        [task, f"{f['teacher_macro_f1']:.4f}", f"{f['macro_f1']:.4f}", f"{f['degradation_percent']:.2f} %"] for task, f in against.items()
    ]
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
        "unseen": table(["source", "task", "rows", *header], unseen).replace("---:", "---", 1),
        "robustness": table(["the same texts", "rows", *ROBUST_TASKS], disturbed),
        "teacher": table(["task", "teacher, fp32", "this bundle, int8", "lost"], degradation),
        "sources": table(["source", "kind", "licence"], used).replace("---:", "---"),
    }


def fill(card: Path, filled: dict[str, str]) -> None:
    text = card.read_text(encoding="utf-8")
    for name, body in filled.items():
        pattern = rf"(<!-- begin:{name} -->\n).*?(<!-- end:{name} -->)"
        text = re.sub(pattern, lambda match, body=body: f"{match[1]}\n{body}\n\n{match[2]}", text, flags=re.DOTALL)
    card.write_text(text, encoding="utf-8")


def teacher_scores(
    work: Path, config: dict, rows: np.ndarray, texts: list[str], score: Callable[[list[str], Path], dict[str, np.ndarray]]
) -> dict[str, np.ndarray] | None:
    """Logits of the default tier in fp32 for `rows`, kept for the next tier's evaluation; None where it was not trained here."""
    folder = tier_folder(work, config)
    model, kept = folder / "model-fp32.onnx", folder / "test-logits.npz"
    if not model.exists():
        return None
    if not kept.exists() or kept.stat().st_mtime < model.stat().st_mtime:
        np.savez(kept, **score([texts[row] for row in rows], model))
    return dict(np.load(kept))


def build(work: Path, bundle: Path, config: dict, teacher_config: dict) -> None:
    corpus = Corpus.load(work)
    texts = json.loads((work / "texts.json").read_text(encoding="utf-8"))
    about = json.loads((bundle / "bundle.json").read_text(encoding="utf-8"))
    split = corpus.columns["split"]
    measured = np.flatnonzero(np.isin(split, (TEST, HELD_OUT)))

    def score(chosen: list[str], model: Path = bundle / "model.onnx") -> dict[str, np.ndarray]:
        return predict(model, bundle / "tokenizer.json", about, chosen)

    logits = score([texts[row] for row in measured])
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
    for task in ("sentiment", "actionability"):
        unseen = corpus.labelled(task)[measured] & (split[measured] == HELD_OUT)
        found = {corpus.sources[number]: figures(task, np.flatnonzero(unseen & (source == number))) for number in np.unique(source[unseen])}
        if found:
            names = [name for name in next(iter(found.values())) if name != "n"]
            mean = {name: round(float(np.mean([f[name] for f in found.values()])), 4) for name in names}
            metrics["held_out"][task] = found | {"mean": {"n": int(unseen.sum())} | mean}
    on_test = measured[split[measured] == TEST]
    metrics["robustness"] = robustness(corpus, texts, on_test, config["evaluate"]["robustness_rows"], score)
    folder = tier_folder(work, config)
    if (folder / "compress.json").exists():
        metrics["compression"] = json.loads((folder / "compress.json").read_text())
    teacher = teacher_scores(work, teacher_config, measured, texts, score)
    if teacher is not None:
        metrics["teacher"] = {}
        for task, mine in metrics["test"].items():
            known = np.flatnonzero(corpus.labelled(task)[measured] & (split[measured] == TEST))
            cuts = json.loads((tier_folder(work, teacher_config) / "thresholds-fp32.json").read_text()).get(task)
            theirs = macro_f1(task, corpus.columns[task][measured[known]], decide(task, teacher[task][known], cuts))
            lost = 100 * (theirs - mine["macro_f1"]) / theirs
            metrics["teacher"][task] = {
                "teacher_macro_f1": round(theirs, 4),
                "macro_f1": mine["macro_f1"],
                "degradation_percent": round(lost, 2),
            }
        mean = {name: float(np.mean([f[name] for f in metrics["teacher"].values()])) for name in next(iter(metrics["teacher"].values()))}
        metrics["teacher"]["mean"] = {name: round(value, 4) for name, value in mean.items()}
    about["metrics"] = metrics
    (bundle / "bundle.json").write_text(json.dumps(about, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    fill(bundle / "README.md", tables(metrics, config, corpus))
    for task, found in metrics["test"].items():
        print(task, {name: value for name, value in found.items() if not isinstance(value, dict)}, file=sys.stderr)
    for task, found in metrics["held_out"].items():
        print("held out", task, found["mean"], file=sys.stderr)
    print("against the teacher", metrics.get("teacher", {}).get("mean"), file=sys.stderr)


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--bundle", type=Path, required=True)
    given = parser.parse_args()
    build(given.work, given.bundle, load(given.config, given.tier), load(given.config))


if __name__ == "__main__":
    main()
