"""Optional step: fastText over the same pieces, with 3-grams, trained on the same rows, as a yardstick.

Writes baseline.npz: per task its logits for the measured rows.
"""

import json
import sys
import tempfile
from pathlib import Path

import fasttext
import numpy as np

from batches import MULTI, Corpus
from calibrate import fit_thresholds
from corpus import HELD_OUT, TEST, TRAIN, UNLABELLED
from settings import arguments, load
from train import dev_sample


def lines_for(corpus: Corpus, rows: np.ndarray) -> list[str]:
    return [" ".join(map(str, corpus.tokens(row))) for row in rows]


def predict(model: fasttext.FastText._FastText, lines: list[str], labels: int) -> np.ndarray:
    scores = np.full((len(lines), labels), 1e-6, np.float32)
    for row, (names, values) in enumerate(zip(*model.predict(lines, k=-1), strict=True)):
        for name, value in zip(names, values, strict=True):
            if name != "__label__none_of_these":
                scores[row, int(name.removeprefix("__label__"))] = min(max(float(value), 1e-6), 1 - 1e-6)
    return scores


def build(work: Path, config: dict, threads: int) -> None:
    corpus = Corpus.load(work)
    split = corpus.columns["split"]
    measured = np.flatnonzero(np.isin(split, (TEST, HELD_OUT)))
    dev = dev_sample(corpus, config["compress"]["dev_rows"], config["train"]["seed"])
    measured_lines, dev_lines = lines_for(corpus, measured), lines_for(corpus, dev)
    outputs: dict[str, np.ndarray] = {"rows": measured}
    thresholds = {}
    for task in (*config["tasks"], "language"):
        labels = corpus.columns[task]
        rows = np.flatnonzero((split == TRAIN) & corpus.labelled(task))
        rows = np.random.default_rng(config["train"]["seed"]).permutation(rows)  # it reads in order
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            for row, line in zip(rows, lines_for(corpus, rows), strict=True):
                names = np.flatnonzero(labels[row] == 1) if task in MULTI else [labels[row]]
                file.write(" ".join([f"__label__{name}" for name in names] or ["__label__none_of_these"]) + " " + line + "\n")
            file.flush()
            settings = config["baseline"]
            model = fasttext.train_supervised(
                file.name,
                wordNgrams=3,
                dim=settings["width"],
                epoch=settings["epochs"],
                lr=settings["learning_rate"],
                bucket=settings["buckets"],
                minn=0,
                maxn=0,
                thread=threads,
                verbose=0,
                loss="ova" if task in MULTI else "softmax",
            )
        count = labels.shape[1] if task in MULTI else int(labels.max()) + 1
        scores = predict(model, measured_lines, count)
        if task in MULTI:
            outputs[task] = np.log(scores / (1 - scores))
            dev_scores = predict(model, dev_lines, count)
            thresholds[task] = fit_thresholds(
                np.log(dev_scores / (1 - dev_scores)), np.where(corpus.labelled(task)[dev][:, None], labels[dev], UNLABELLED)
            )
        else:
            outputs[task] = np.log(scores)
        print(f"fastText {task}: {len(rows)} rows", file=sys.stderr, flush=True)
    np.savez(work / "baseline.npz", **outputs, thresholds=json.dumps(thresholds))


def main() -> None:
    given = arguments(__doc__, with_tier=False, with_threads=True).parse_args()
    build(given.work, load(given.config), given.threads)


if __name__ == "__main__":
    main()
