"""Figures of scikit-learn for the cases of `metrics.test.ts`: `python3 make-oracle.py > metrics.json`.

Needs scikit-learn; its version is written into the file. Cases: absent labels, labels never predicted, ties in
scores, a slice with one row, nothing right.
"""

import json
import random
import sys

import numpy as np
import sklearn
from sklearn.calibration import calibration_curve
from sklearn.metrics import (
    accuracy_score,
    average_precision_score,
    confusion_matrix,
    f1_score,
    precision_recall_fscore_support,
)

BINS = 15


def single(name, labels, gold, predicted):
    ids = list(range(labels))
    occurring = sorted(set(gold))
    precision, recall, f1, support = precision_recall_fscore_support(gold, predicted, labels=ids, zero_division=0)
    return {
        "name": name, "labels": labels, "gold": gold, "predicted": predicted,
        "accuracy": accuracy_score(gold, predicted),
        "macro_f1": f1_score(gold, predicted, labels=occurring, average="macro", zero_division=0),
        "precision": precision.tolist(), "recall": recall.tolist(), "f1": f1.tolist(), "support": support.tolist(),
        "confusion": confusion_matrix(gold, predicted, labels=ids).tolist(),
    }


def indicator(rows, labels):
    matrix = np.zeros((len(rows), labels), dtype=int)
    for row, assigned in enumerate(rows):
        matrix[row, assigned] = 1
    return matrix


def multi(name, labels, gold, predicted, scores):
    truth, guess, scores = indicator(gold, labels), indicator(predicted, labels), np.array(scores)
    occurring = [label for label in range(labels) if truth[:, label].any()]
    precision, recall, f1, support = precision_recall_fscore_support(truth, guess, zero_division=0)
    averages = [average_precision_score(truth[:, label], scores[:, label]) if label in occurring else None for label in range(labels)]
    return {
        "name": name, "labels": labels, "gold": gold, "predicted": predicted, "scores": scores.tolist(),
        "accuracy": accuracy_score(truth, guess),
        "macro_f1": f1_score(truth, guess, labels=occurring, average="macro", zero_division=0) if occurring else 0.0,
        "micro_f1": f1_score(truth, guess, average="micro", zero_division=0),
        "precision": precision.tolist(), "recall": recall.tolist(), "f1": f1.tolist(), "support": support.tolist(),
        "average_precision": averages,
    }


def calibration(name, scores, right):
    """The bins of `calibration_curve`, weighted by their cases."""
    shares, means = calibration_curve(right, scores, n_bins=BINS, strategy="uniform")
    counts = np.histogram(scores, bins=np.linspace(0, 1, BINS + 1))[0]
    counts = counts[counts > 0]
    return {"name": name, "scores": scores, "right": right, "error": float((np.abs(shares - means) * counts).sum() / counts.sum())}


def main():
    draw = random.Random(5)
    def sets(rows, labels, chance):
        return [[label for label in range(labels) if draw.random() < chance] for _ in range(rows)]
    def scores(rows, labels, decimals):
        return [[round(draw.random(), decimals) for _ in range(labels)] for _ in range(rows)]
    many = [draw.randrange(4) for _ in range(200)]
    json.dump({
        "scikit_learn": sklearn.__version__, "numpy": np.__version__,
        "single": [
            single("usual", 4, many, [label if draw.random() < 0.7 else draw.randrange(4) for label in many]),
            single("labels absent in gold", 5, [0, 0, 1, 1, 1, 2], [0, 3, 1, 1, 4, 2]),
            single("label never predicted", 3, [0, 1, 2, 2], [0, 1, 0, 1]),
            single("nothing right", 3, [0, 1, 2], [1, 2, 0]),
            single("one row", 3, [2], [2]),
        ],
        "multi": [
            multi("usual", 5, sets(150, 5, 0.3), sets(150, 5, 0.3), scores(150, 5, 4)),
            multi("tied scores", 4, sets(120, 4, 0.4), sets(120, 4, 0.4), scores(120, 4, 1)),
            multi("absent labels and empty sets", 4, [[], [0], [0, 2], []], [[1], [0], [2], []], scores(4, 4, 4)),
            multi("no gold label at all", 3, [[], []], [[0], []], scores(2, 3, 4)),
            multi("all scores equal", 2, [[0], [1], [0]], [[0], [0], [1]], [[0.5, 0.5]] * 3),
        ],
        "calibration": [
            # 3 decimals keep scores off the edges of the bins, where the two sides differ by convention.
            calibration("usual", [round(draw.uniform(0.0005, 0.9995), 4) for _ in range(300)], [draw.randrange(2) for _ in range(300)]),
            calibration("sure and right", [0.97, 0.98, 0.96, 0.98], [1, 1, 1, 0]),
        ],
    }, sys.stdout)
    sys.stdout.write("\n")


main()
