"""What people use to teach labels of their own, each as `teach(train, test_texts) -> labels of the tests`, on one thread."""

import random
import tempfile
from collections.abc import Callable
from pathlib import Path

import few_shot
import numpy as np
from sets import Rows
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import f1_score
from sklearn.multiclass import OneVsRestClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import MultiLabelBinarizer

Labels = list[tuple[str, ...]]
Score = Callable[[Rows, list[str]], np.ndarray]  # float [texts, labels], labels in alphabetical order
PARTS = 3  # of the rows, when something is chosen on them
THRESHOLDS = [0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7]


def names(rows: Rows) -> list[str]:
    return sorted({label for labels in rows.labels for label in labels})


def classes(rows: Rows) -> list[int]:
    """Place of each row's first label among the names."""
    every = names(rows)
    return [every.index(labels[0]) for labels in rows.labels]


def macro_f1(gold: Labels, found: Labels) -> float:
    """Of the labels that the gold rows have."""
    binarizer = MultiLabelBinarizer(classes=sorted({label for labels in gold for label in labels}))
    known = set(binarizer.classes)
    kept = [tuple(label for label in labels if label in known) for labels in found]
    return float(f1_score(binarizer.fit_transform(gold), binarizer.transform(kept), average="macro", zero_division=0))


def left_out(score: Score, rows: Rows) -> np.ndarray:
    """Scores that each row gets from the others' parts."""
    every = names(rows)
    order = list(range(len(rows)))
    random.Random(1).shuffle(order)
    order.sort(key=lambda at: rows.labels[at])  # stable: in shuffled order within a label
    scores = np.zeros((len(rows), len(every)))
    for part in range(PARTS):
        own = order[part::PARTS]
        others = rows.taken([at for at in range(len(rows)) if at not in set(own)])
        scores[np.ix_(own, [every.index(name) for name in names(others)])] = score(others, [rows.texts[at] for at in own])
    return scores


def assign(scores: np.ndarray, every: list[str], threshold: float | None) -> Labels:
    if threshold is None:
        return [(every[at],) for at in scores.argmax(1)]
    return [tuple(every[at] for at in np.flatnonzero(row >= threshold)) for row in scores]


def best_threshold(scores: np.ndarray, rows: Rows) -> float:
    return max(THRESHOLDS, key=lambda threshold: macro_f1(rows.labels, assign(scores, names(rows), threshold)))


def label(score: Score, rows: Rows, texts: list[str]) -> Labels:
    threshold = best_threshold(left_out(score, rows), rows) if rows.is_multi else None
    return assign(score(rows, texts), names(rows), threshold)


def tf_idf(rows: Rows, texts: list[str]) -> np.ndarray:
    one = LogisticRegression(C=10.0, max_iter=1000, class_weight="balanced")
    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    if not rows.is_multi:
        return make_pipeline(words, one).fit(rows.texts, [labels[0] for labels in rows.labels]).predict_proba(texts)
    targets = MultiLabelBinarizer(classes=names(rows)).fit_transform(rows.labels)
    return make_pipeline(words, OneVsRestClassifier(one)).fit(rows.texts, targets).predict_proba(texts)


def fasttext(settings: dict) -> Score:
    import fasttext as library

    def flat(text: str) -> str:
        return " ".join(text.lower().split())

    def score(rows: Rows, texts: list[str]) -> np.ndarray:
        every = names(rows)
        place = {name: at for at, name in enumerate(every)}
        with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
            for text, labels in zip(rows.texts, rows.labels, strict=True):
                file.write(" ".join(f"__label__{place[name]}" for name in labels) + f" {flat(text)}\n")
            file.flush()
            loss = "ova" if rows.is_multi else "softmax"
            fixed = {"loss": loss, "bucket": 100_000, "thread": 10, "verbose": 0, "minCount": 1}
            model = library.train_supervised(file.name, **fixed, **settings)
        scores = np.zeros((len(texts), len(every)))
        for row, text in enumerate(texts):
            for name, value in zip(*model.predict(flat(text), k=len(every)), strict=True):
                scores[row, int(name.removeprefix("__label__"))] = value
        return scores

    return score


# Chosen one line after another, each with the best of the lines before.
FASTTEXT_GRID = [
    [{"wordNgrams": words, "minn": least, "maxn": most} for words, least, most in ((2, 0, 0), (1, 2, 5), (2, 2, 5), (1, 3, 6))],
    [{"lr": rate, "epoch": epochs} for rate in (0.1, 0.3, 1.0) for epochs in (25, 100)],
    [{"dim": width} for width in (20, 50, 100)],
]


def tuned_fasttext(rows: Rows) -> dict:
    """Settings that label left-out parts of the rows best."""
    best = {"wordNgrams": 1, "minn": 2, "maxn": 5, "lr": 0.5, "epoch": 50, "dim": 50}
    for line in FASTTEXT_GRID:
        tried = [best | settings for settings in line]
        qualities = []
        for settings in tried:
            try:
                scores = left_out(fasttext(settings), rows)
            except RuntimeError:  # "Encountered NaN", as with a rate that is too high
                qualities.append(-1.0)
                continue
            threshold = best_threshold(scores, rows) if rows.is_multi else None
            qualities.append(macro_f1(rows.labels, assign(scores, names(rows), threshold)))
        best = tried[int(np.argmax(qualities))]
    return best


def setfit(work: Path, most_steps: int, seed: int) -> Callable[[Rows, list[str]], Labels]:
    """See few_shot.py; for tasks of one label per text."""

    def run(rows: Rows, texts: list[str]) -> Labels:
        every = names(rows)
        label = few_shot.setfit(work, rows.texts, classes(rows), most_steps, seed)
        return [(every[at],) for at in label(texts)]

    return run
