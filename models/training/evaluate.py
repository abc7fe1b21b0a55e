"""Step 9, evaluate: scores a bundle, and the teacher beside it, on rows that neither was trained on.

Writes the metrics into bundle.json and the tables into the card, between its `<!-- begin:NAME -->` and `<!-- end:NAME -->` lines.
Three kinds of rows: `dev`, comments labelled by the definitions, where every label counts; `unseen`, whole sources kept out of training,
with their own labels; `test`, the test splits of the sources that were trained on.
"""

import json
import random
import re
import sys
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from batches import MARKS_ARE_LETTERS, NOISE, mistype
from compress import calibrate, run_graph
from corpus import DEV, HELD_OUT, LANGUAGE, TEST, UNLABELLED, Corpus, is_multi, license_of, single_labels
from metrics import best_thresholds, calibration_error, macro_f1_multi, macro_f1_single, sigmoid, softmax
from settings import arguments, load, tier_folder
from training import device, load_model, predict

# Disturbances after which a label should stay.
STABLE = {
    "!! appended": lambda text, rng: text.rstrip(".!") + "!!",
    "UPPER CASE": NOISE["upper"],
    "full stop": NOISE["full_stop"],
    "a typo": lambda text, rng: mistype(text, rng, 1),
    "a typo in 20 letters": NOISE["typos"],
    "without diacritics": NOISE["unaccented"],
}
CUTS = (0.5, 0.6, 0.7, 0.8, 0.9)


def coarse(task: dict) -> tuple[list[int], dict[int, int]] | None:
    """(bits of each class that the older sources know, our label -> class) of a single-label task, from its `from`."""
    rules = list(task.get("from", {}).values())
    if not rules or is_multi(task):
        return None
    classes: list[int] = []
    place: dict[int, int] = {}
    for allowed in rules[0]["labels"].values():
        bits = sum(1 << task["labels"].index(name) for name in allowed)
        if bits not in classes:
            classes.append(bits)
            place |= {task["labels"].index(name): len(classes) - 1 for name in allowed}
    return classes, place


def coarse_figures(task: dict, bits: np.ndarray, logits: np.ndarray) -> dict:
    """Figures against labels that are coarser than ours: the label is right whose class it is; for the error of scores, those of a
    class's labels are summed.
    """
    classes, place = coarse(task)
    truth = np.array([classes.index(value) if value in classes else -1 for value in bits])
    known = truth >= 0
    scores = softmax(logits[known])
    summed = np.stack([scores[:, [label for label, at in place.items() if at == number]].sum(1) for number in range(len(classes))], 1)
    # A label that no class may mean (no feedback, say) is wrong.
    predicted = np.array([place.get(label, -1) for label in scores.argmax(1)])
    truth = truth[known]
    return {
        "n": len(truth),
        "macro_f1": macro_f1_single(truth, predicted),
        "accuracy": float((truth == predicted).mean()),
        "ece": calibration_error(truth, summed / summed.sum(1, keepdims=True)),
    }


def figures(task: dict, column: np.ndarray, logits: np.ndarray, thresholds: list[float] | None) -> dict:
    """Figures on rows labelled by the definitions; `column` as the corpus has it."""
    if is_multi(task):
        known = (column != UNLABELLED).any(1)
        return {"n": int(known.sum()), "macro_f1": macro_f1_multi(column[known], sigmoid(logits[known]) >= np.array(thresholds))}
    labels = single_labels(column)
    known = labels >= 0
    labels, logits = labels[known], logits[known]
    if len(labels) == 0:
        return {"n": 0}
    return {
        "n": len(labels),
        "macro_f1": macro_f1_single(labels, logits.argmax(1)),
        "accuracy": float((labels == logits.argmax(1)).mean()),
        "ece": calibration_error(labels, softmax(logits)),
    }


def label_confusion(labels: list[str], truth: np.ndarray, predicted: np.ndarray) -> dict[str, dict[str, int]]:
    """Rows by true and predicted label, without the pairs that do not occur; int [rows] both, -1 for an unknown truth."""
    pairs = {
        name: {other: int(((truth == row) & (predicted == at)).sum()) for at, other in enumerate(labels)} for row, name in enumerate(labels)
    }
    return {name: {other: count for other, count in row.items() if count > 0} for name, row in pairs.items() if any(row.values())}


def label_hits(labels: list[str], truth: np.ndarray, given: np.ndarray) -> dict[str, dict[str, int]]:
    """Per label the rows with and without it, by whether they got it; 0/1 [rows, labels], with UNLABELLED in the truth."""
    found = {}
    for at, name in enumerate(labels):
        has, lacks, got = truth[:, at] == 1, truth[:, at] == 0, given[:, at]
        counts = {"hit": has & got, "missed": has & ~got, "wrong": lacks & got, "none": lacks & ~got}
        found[name] = {key: int(rows.sum()) for key, rows in counts.items()}
    return found


def right_above(task: dict, column: np.ndarray, logits: np.ndarray) -> list[dict]:
    """What share of labels is right whose score is at least each of CUTS, and how many rows that leaves."""
    labels = single_labels(column)
    known = labels >= 0
    scores, labels = softmax(logits[known]), labels[known]
    found = []
    for cut in CUTS:
        sure = scores.max(1) >= cut
        right = float((scores.argmax(1) == labels)[sure].mean()) if sure.any() else 0.0
        found.append({"score": cut, "rows": float(sure.mean()), "right": right})
    return found


def rounded(value: object) -> object:
    if isinstance(value, dict):
        return {key: rounded(each) for key, each in value.items()}
    if isinstance(value, list):
        return [rounded(each) for each in value]
    return round(value, 4) if isinstance(value, float) else value


class Judge:
    """One model's scores of all measured rows."""

    def __init__(self, corpus: Corpus, config: dict, rows: np.ndarray, logits: dict[str, np.ndarray], thresholds: dict) -> None:
        self.corpus, self.tasks, self.rows, self.logits, self.thresholds = corpus, config["tasks"], rows, logits, thresholds
        self.settings = config["evaluate"]
        self.gate = next(
            ((name, task["labels"].index(task["silences"])) for name, task in self.tasks.items() if task.get("silences")), None
        )

    def of(self, task: str, places: np.ndarray) -> dict:
        column = self.corpus.columns["task_" + task][self.rows[places]]
        return figures(self.tasks[task], column, self.logits[task][places], self.thresholds.get(task))

    def on_dev(self) -> dict:
        split, clean = self.corpus.columns["split"][self.rows], self.corpus.columns["clean"][self.rows]
        dev = np.flatnonzero((split == DEV) & clean)
        found = {}
        languages = self.corpus.columns["language"][self.rows]
        about_work = self.about_work()
        for task, about in self.tasks.items():
            known = dev[self.corpus.labelled(task)[self.rows[dev]]]
            found[task] = self.of(task, known)
            found[task]["languages"] = {
                self.corpus.languages[code]: self.of(task, known[languages[known] == code]) for code in np.unique(languages[known])
            }
            found[task]["employees"], found[task]["customers"] = (
                self.of(task, known[about_work[known]]),
                self.of(task, known[~about_work[known]]),
            )
            if not is_multi(about):
                found[task]["right_above"] = right_above(
                    about, self.corpus.columns["task_" + task][self.rows[known]], self.logits[task][known]
                )
        return found

    def confusion(self) -> dict:
        """How labels turned out on dev: rows by true and predicted label, or hits and misses where a text can have several."""
        split, clean = self.corpus.columns["split"][self.rows], self.corpus.columns["clean"][self.rows]
        dev = np.flatnonzero((split == DEV) & clean)
        tables: dict = {"confusion": {}, "hits": {}}
        for task, about in self.tasks.items():
            known = dev[self.corpus.labelled(task)[self.rows[dev]]]
            column, logits = self.corpus.columns["task_" + task][self.rows[known]], self.logits[task][known]
            if is_multi(about):
                tables["hits"][task] = label_hits(about["labels"], column, sigmoid(logits) >= np.array(self.thresholds[task]))
            else:
                tables["confusion"][task] = label_confusion(about["labels"], single_labels(column), logits.argmax(1))
        return tables

    def about_work(self) -> np.ndarray:
        """Bool [measured rows]: comments of employees, told by the labels that `evaluate.employees` names."""
        wanted = self.settings["employees"]
        labels = [self.tasks[wanted["task"]]["labels"].index(name) for name in wanted["labels"]]
        return (self.corpus.columns["task_" + wanted["task"]][self.rows][:, labels] == 1).any(1)

    def silenced(self) -> dict:
        """Of dev's comments without feedback, the share that gets no labels; and of the others the share that wrongly gets none."""
        task, label = self.gate
        split, clean = self.corpus.columns["split"][self.rows], self.corpus.columns["clean"][self.rows]
        dev = np.flatnonzero((split == DEV) & clean)
        truth = single_labels(self.corpus.columns["task_" + task][self.rows[dev]]) == label
        found = self.logits[task][dev].argmax(1) == label
        return {"n": int(truth.sum()), "silenced": float(found[truth].mean()), "wrongly": float(found[~truth].mean())}

    def on_sources(self, wanted: int) -> dict:
        split, source = self.corpus.columns["split"][self.rows], self.corpus.columns["source"][self.rows]
        found: dict = {}
        for task, about in self.tasks.items():
            if coarse(about) is None:
                continue
            known = np.flatnonzero((split == wanted) & self.corpus.labelled(task)[self.rows])
            each = {}
            for number in np.unique(source[known]):
                places = known[source[known] == number]
                bits = self.corpus.columns["task_" + task][self.rows[places]]
                result = coarse_figures(about, bits, self.logits[task][places])
                if result["n"] >= 20:
                    each[self.corpus.sources[number]] = result
            if each:
                mean = {name: float(np.mean([f[name] for f in each.values()])) for name in ("macro_f1", "accuracy", "ece")}
                found[task] = each | {"mean": {"n": sum(f["n"] for f in each.values())} | mean}
                bits = self.corpus.columns["task_" + task][self.rows[known]]
                found[task]["all rows"] = coarse_figures(about, bits, self.logits[task][known])
        return found


def stability(corpus: Corpus, rows: np.ndarray, task: str, score: object) -> dict:
    """Share of `rows` whose label of `task` stays when the text is disturbed."""
    texts = [corpus.texts[row] for row in rows]
    before = score(texts)[task].argmax(1)
    found = {}
    marked = np.isin(
        corpus.columns["language"][rows], [corpus.languages.index(name) for name in MARKS_ARE_LETTERS if name in corpus.languages]
    )
    for name, noise in STABLE.items():
        rng = random.Random(1)
        changed = [noise(text, rng) for text in texts]
        usable = ~marked if noise is NOISE["unaccented"] else np.ones(len(rows), bool)
        after = score([text for text, fits in zip(changed, usable, strict=True) if fits])[task].argmax(1)
        found[name] = {"n": int(usable.sum()), "stays": float((after == before[usable]).mean())}
    return found


def table(header: list[str], rows: list[list[str]]) -> str:
    right = "|".join(["---"] + ["---:"] * (len(header) - 1))
    return "\n".join(["| " + " | ".join(header) + " |", "|" + right + "|", *("| " + " | ".join(row) + " |" for row in rows)])


def show(found: dict, name: str = "macro_f1") -> str:
    return f"{found[name]:.3f}" if name in found else ""


def tables(metrics: dict, config: dict, corpus: Corpus) -> dict[str, str]:
    tasks, dev = config["tasks"], metrics["dev"]
    teacher = metrics.get("teacher", {})
    by_task = [
        [task, str(f["n"]), show(f), show(teacher.get("dev", {}).get(task, {})), show(f["customers"]), show(f["employees"]), show(f, "ece")]
        for task, f in dev.items()
    ]
    judged = [task for task in tasks if task != LANGUAGE]
    by_language = [
        [language, *(show(dev[task]["languages"].get(language, {})) for task in judged)] for language in config["data"]["languages"]
    ]
    unseen = [
        [
            source,
            task,
            str(f["n"]),
            show(f),
            show(teacher.get("unseen", {}).get(task, {}).get(source, {})),
            show(f, "accuracy"),
            show(f, "ece"),
        ]
        for task, sources in metrics["unseen"].items()
        for source, f in sources.items()
    ]
    test = [
        [source, task, str(f["n"]), show(f), show(f, "accuracy")]
        for task, sources in metrics["test"].items()
        for source, f in sources.items()
    ]
    sure = [
        [f"{cut:.1f}", *(f"{100 * found['right']:.0f} % ({100 * found['rows']:.0f} %)" for found in each)]
        for cut, each in zip(
            CUTS, zip(*(dev[task]["right_above"] for task in judged if not is_multi(tasks[task])), strict=True), strict=True
        )
    ]
    compression = metrics.get("compression", {})
    sizes = [
        [kind, f"{f['bytes'] / 1e6:.1f} MB", f"{f['tokens_per_second']:,}", *(f"{f['dev_macro_f1'][task]:.3f}" for task in judged)]
        for kind, f in compression.items()
    ]
    held_out = config["data"].get("held_out", [])
    names = [name.removeprefix("parallel_") for name in corpus.sources]
    kinds = ["translations" if n.startswith("parallel_") else "measured only" if n in held_out else "labelled" for n in corpus.sources]
    used = [[name, kind, license_of(full, config["licenses"])] for full, name, kind in zip(corpus.sources, names, kinds, strict=True)]
    return {
        "tasks": table(["task", "rows", "macro-F1", "teacher", "customers", "employees", "ECE"], by_task),
        "languages": table(["", *judged], by_language),
        "sure": table(["score at least", *(task for task in judged if not is_multi(tasks[task]))], sure),
        "unseen": table(["source", "task", "rows", "macro-F1", "teacher", "accuracy", "ECE"], unseen).replace("---:", "---", 1),
        "test": table(["source", "task", "rows", "macro-F1", "accuracy"], test).replace("---:", "---", 1),
        "stability": table(
            ["the same comments", "rows", "same " + config["evaluate"]["stable_task"]],
            [[n, str(f["n"]), f"{100 * f['stays']:.1f} %"] for n, f in metrics["stability"].items()],
        ),
        "compression": table(["", "model.onnx", "tokens/s, one core", *judged], sizes),
        "sources": table(["source", "kind", "licence"], used).replace("---:", "---"),
    }


def fill(card: Path, filled: dict[str, str]) -> None:
    text = card.read_text(encoding="utf-8")
    for name, body in filled.items():
        pattern = rf"(<!-- begin:{name} -->\n).*?(<!-- end:{name} -->)"
        text = re.sub(pattern, lambda match, body=body: f"{match[1]}\n{body}\n\n{match[2]}", text, flags=re.DOTALL)
    card.write_text(text, encoding="utf-8")


def measured_rows(corpus: Corpus, config: dict) -> np.ndarray:
    """Dev by the definitions, and so many rows of each source and language of the held-out ones and of the test splits."""
    columns = corpus.columns
    chosen = [np.flatnonzero((columns["split"] == DEV) & columns["clean"])]
    labelled = np.any([corpus.labelled(task) for task, about in config["tasks"].items() if coarse(about) is not None], axis=0)
    rng = np.random.default_rng(1)
    for split, limit in ((HELD_OUT, config["evaluate"]["unseen_rows"]), (TEST, config["evaluate"]["test_rows"])):
        rows = rng.permutation(np.flatnonzero((columns["split"] == split) & labelled))
        stratum = columns["source"][rows].astype(np.int64) * 1000 + columns["language"][rows]
        chosen += [rows[stratum == number][:limit] for number in np.unique(stratum)]
    return np.concatenate(chosen)


def teacher_judge(corpus: Corpus, tokenizer: Tokenizer, config: dict, work: Path, rows: np.ndarray) -> Judge:
    """The teacher calibrated as students are, its scores kept for the next tier."""
    kept = work / "teacher" / "measured.npz"
    model_file = work / "teacher" / "model.pt"
    if not kept.exists() or kept.stat().st_mtime < model_file.stat().st_mtime:
        model = load_model(config, model_file, config["teacher"])
        calibrate(model, tokenizer, corpus, config)
        logits, _ = predict(model.to(device()), tokenizer, [corpus.texts[row] for row in rows], config["model"]["max_length"])
        np.savez(kept, **logits)
    logits = dict(np.load(kept))
    dev = np.flatnonzero((corpus.columns["split"][rows] == DEV) & corpus.columns["clean"][rows])
    thresholds = {}
    for task, about in config["tasks"].items():
        if is_multi(about):
            known = dev[corpus.labelled(task)[rows[dev]]]
            thresholds[task] = best_thresholds(corpus.columns["task_" + task][rows[known]], sigmoid(logits[task][known])).tolist()
    return Judge(corpus, config, rows, logits, thresholds)


@torch.no_grad()
def build(work: Path, bundle: Path, config: dict) -> None:
    corpus = Corpus.load(work)
    about = json.loads((bundle / "bundle.json").read_text(encoding="utf-8"))
    tokenizer = Tokenizer.from_file(str(bundle / "tokenizer.json"))
    rows = measured_rows(corpus, config)
    names = [task["output"] for task in about["tasks"]]

    def score(texts: list[str]) -> dict[str, np.ndarray]:
        return run_graph(bundle / "model.onnx", tokenizer, texts, about["max_length"], names)

    thresholds = {task["name"]: task["thresholds"] for task in about["tasks"] if "thresholds" in task}
    judge = Judge(corpus, config, rows, score([corpus.texts[row] for row in rows]), thresholds)
    metrics = {
        "dev": judge.on_dev(),
        "no_feedback": judge.silenced(),
        "unseen": judge.on_sources(HELD_OUT),
        "test": judge.on_sources(TEST),
    }
    dev, task = corpus.rows(DEV, clean=True), config["evaluate"]["stable_task"]
    metrics["stability"] = stability(corpus, dev[corpus.labelled(task)[dev]], task, score)
    folder = tier_folder(work, config)
    if (folder / "compress.json").exists():
        metrics["compression"] = json.loads((folder / "compress.json").read_text())
    if (work / "teacher" / "model.pt").exists():
        teacher = teacher_judge(corpus, tokenizer, config, work, rows)
        on_dev = teacher.on_dev()
        lost = {
            task: 100 * (on_dev[task]["macro_f1"] - metrics["dev"][task]["macro_f1"]) / on_dev[task]["macro_f1"]
            for task in on_dev
            if task != LANGUAGE
        }
        short = {task: {"n": f["n"], "macro_f1": f["macro_f1"]} for task, f in on_dev.items()}
        metrics["teacher"] = {"dev": short, "unseen": teacher.on_sources(HELD_OUT), "no_feedback": teacher.silenced()}
        metrics["degradation_percent"] = lost | {"mean": float(np.mean(list(lost.values())))}
    metrics = rounded(metrics)
    about["metrics"] = metrics
    about["report"] = about.get("report", {}) | judge.confusion()
    (bundle / "bundle.json").write_text(json.dumps(about, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    fill(bundle / "README.md", tables(metrics, config, corpus))
    for task, found in metrics["dev"].items():
        print(task, {name: value for name, value in found.items() if not isinstance(value, dict | list)}, file=sys.stderr)
    for task, found in metrics["unseen"].items():
        print("unseen", task, found["mean"], "all rows", found["all rows"], file=sys.stderr)
    print("no feedback", metrics["no_feedback"], "stability", metrics["stability"], file=sys.stderr)
    print("against the teacher", metrics.get("degradation_percent"), file=sys.stderr)


def main() -> None:
    parser = arguments(__doc__)
    parser.add_argument("--bundle", type=Path, required=True)
    given = parser.parse_args()
    build(given.work, given.bundle, load(given.config, given.tier))


if __name__ == "__main__":
    main()
