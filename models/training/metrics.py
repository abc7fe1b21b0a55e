"""Scores predictions against the corpus: the same code for the bundle and for the baselines."""

import numpy as np
from sklearn.metrics import f1_score

from batches import MULTI, SINGLE
from corpus import UNLABELLED

BINS = 15  # of the expected calibration error


def macro_f1(task: str, labels: np.ndarray, predicted: np.ndarray) -> float:
    """Mean F1 over the labels that occur in `labels`.

    single-label: int [rows] both. multi-label: 0/1 [rows, labels]; a label counts only on rows whose source annotates it.
    """
    if task in SINGLE:
        return float(f1_score(labels, predicted, labels=np.unique(labels), average="macro", zero_division=0.0))
    per_label = []
    for label in range(labels.shape[1]):
        known = labels[:, label] != UNLABELLED
        if labels[known, label].any():
            per_label.append(f1_score(labels[known, label], predicted[known, label], zero_division=0.0))
    return float(np.mean(per_label)) if per_label else 0.0


def majority(task: str, train_labels: np.ndarray, count: int) -> np.ndarray:
    """What always answering the most frequent train label (per label for multi-label) predicts."""
    if task in SINGLE:
        return np.full(count, np.bincount(train_labels[train_labels != UNLABELLED]).argmax())
    known = train_labels != UNLABELLED
    share = ((train_labels == 1) & known).sum(0) / np.maximum(1, known.sum(0))
    # No label reaches one half: "nothing at all" would score 0, so answer the most frequent one.
    answer = (share == share.max()).astype(np.int8)
    return np.tile(answer, (count, 1))


def calibration_error(labels: np.ndarray, scores: np.ndarray) -> float:
    """Expected calibration error of the top score, equal-width bins."""
    top = scores.max(-1)
    right = scores.argmax(-1) == labels
    bins = np.minimum((top * BINS).astype(int), BINS - 1)
    gaps = [abs(right[bins == b].mean() - top[bins == b].mean()) * (bins == b).mean() for b in range(BINS) if (bins == b).any()]
    return float(sum(gaps))


def softmax(logits: np.ndarray) -> np.ndarray:
    exponent = np.exp(logits - logits.max(-1, keepdims=True))
    return exponent / exponent.sum(-1, keepdims=True)


def decide(task: str, logits: np.ndarray, thresholds: list[float] | None) -> np.ndarray:
    if task in MULTI:
        return (1 / (1 + np.exp(-logits)) >= np.array(thresholds)).astype(np.int8)
    return logits.argmax(-1)
