"""Scores predictions against the corpus: the same code for models and for bundles."""

import numpy as np
from sklearn.metrics import f1_score

from corpus import LANGUAGE, UNLABELLED, Corpus, is_multi, single_labels

BINS = 15  # of the expected calibration error


def sigmoid(logits: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-logits))


def softmax(logits: np.ndarray) -> np.ndarray:
    exponent = np.exp(logits - logits.max(-1, keepdims=True))
    return exponent / exponent.sum(-1, keepdims=True)


def macro_f1_single(labels: np.ndarray, predicted: np.ndarray) -> float:
    """Mean F1 over the labels that occur in `labels`; int [rows] both."""
    return float(f1_score(labels, predicted, labels=np.unique(labels), average="macro", zero_division=0.0))


def macro_f1_multi(labels: np.ndarray, predicted: np.ndarray) -> float:
    """0/1 [rows, labels]; a label counts on rows that know it, where it occurs at all."""
    per_label = []
    for label in range(labels.shape[1]):
        known = labels[:, label] != UNLABELLED
        if (labels[known, label] == 1).any():
            per_label.append(f1_score(labels[known, label], predicted[known, label], zero_division=0.0))
    return float(np.mean(per_label)) if per_label else 0.0


def best_thresholds(labels: np.ndarray, scores: np.ndarray) -> np.ndarray:
    """Per label the score with the best F1, smoothed over neighbours: the best single point is often luck."""
    grid = np.linspace(0.05, 0.8, 76)
    thresholds = []
    for label in range(labels.shape[1]):
        known = labels[:, label] != UNLABELLED
        truth = labels[known, label] == 1
        if truth.sum() < 5:
            thresholds.append(0.5)
            continue
        chosen = scores[known, label][None] >= grid[:, None]
        hits = (chosen & truth).sum(1)
        values = 2 * hits / np.maximum(1, chosen.sum(1) + truth.sum())
        thresholds.append(float(grid[np.convolve(np.pad(values, 3, mode="edge"), np.ones(7) / 7, "valid").argmax()]))
    return np.array(thresholds)


def calibration_error(labels: np.ndarray, scores: np.ndarray) -> float:
    """Expected calibration error of the top score, equal-width bins."""
    top = scores.max(-1)
    right = scores.argmax(-1) == labels
    bins = np.minimum((top * BINS).astype(int), BINS - 1)
    gaps = [abs(right[bins == b].mean() - top[bins == b].mean()) * (bins == b).mean() for b in range(BINS) if (bins == b).any()]
    return float(sum(gaps))


def quality(corpus: Corpus, tasks: dict, rows: np.ndarray, logits: dict[str, np.ndarray]) -> dict[str, float]:
    """Macro-F1 per task on `rows`, thresholds chosen on the very rows; `mean` leaves the language out."""
    found = {}
    for task, about in tasks.items():
        column = corpus.columns["task_" + task][rows]
        if is_multi(about):
            known = (column != UNLABELLED).any(1)
            scores = sigmoid(logits[task][known])
            found[task] = macro_f1_multi(column[known], scores >= best_thresholds(column[known], scores))
        else:
            labels = single_labels(column)
            known = labels >= 0
            found[task] = macro_f1_single(labels[known], logits[task][known].argmax(-1)) if known.any() else 0.0
    found["mean"] = float(np.mean([value for task, value in found.items() if task != LANGUAGE]))
    return {name: round(value, 4) for name, value in found.items()}
