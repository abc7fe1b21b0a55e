"""Calibration: temperatures, shifts and thresholds from scores on dev, and their way into a model's heads."""

import numpy as np
import torch
from sklearn.metrics import f1_score
from torch.nn import functional as F

from corpus import UNLABELLED
from metrics import macro_f1
from model import Model


def fit_scaling(logits: np.ndarray, labels: np.ndarray, fixed: np.ndarray | None = None) -> tuple[float, np.ndarray]:
    """A temperature and a shift per class, by least negative log-likelihood; the temperature alone where the shift is `fixed`.

    The shift takes back what the sampler's favour for rare classes did to their probabilities.
    """
    scores, target = torch.from_numpy(logits), torch.from_numpy(labels.astype(np.int64))
    log_scale = torch.zeros(1, requires_grad=True)
    shift = torch.zeros(logits.shape[1], requires_grad=True) if fixed is None else torch.from_numpy(fixed)
    free = [log_scale] if fixed is not None else [log_scale, shift]
    optimiser = torch.optim.LBFGS(free, max_iter=100, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        # The small penalty keeps a class that dev hardly has from drifting off.
        loss = F.cross_entropy(scores * log_scale.exp() + shift, target) + 1e-3 * shift.square().sum()
        loss.backward()
        return loss

    optimiser.step(closure)
    return log_scale.exp().item(), shift.detach().numpy()


def choose_shift(task: str, logits: np.ndarray, labels: np.ndarray) -> tuple[float, np.ndarray]:
    """As much of the fitted shift as gives the best macro-F1: all of it is right for probabilities, but rare classes then hardly win."""
    scale, whole = fit_scaling(logits, labels)
    shares = np.linspace(0, 1, 11)[::-1]
    quality = [macro_f1(task, labels, (logits * scale + share * whole).argmax(-1)) for share in shares]
    # Smoothed over neighbours: the best single point is often luck.
    smooth = np.convolve(np.pad(quality, 1, mode="edge"), np.ones(3) / 3, "valid")
    share = shares[int(smooth.argmax())]
    part = (whole / scale * share).astype(np.float32)  # in the unscaled logits' units, so that the temperature can be fitted anew
    scale, _ = fit_scaling(logits + part, labels, np.zeros_like(part))
    return scale, part * scale


def fit_thresholds(logits: np.ndarray, labels: np.ndarray) -> list[float]:
    """Per label the score with the best F1 on dev; 0.5 where dev has too few examples to choose."""
    thresholds = []
    for label in range(labels.shape[1]):
        known = labels[:, label] != UNLABELLED
        truth, scores = labels[known, label], 1 / (1 + np.exp(-logits[known, label]))
        if truth.sum() < 10:
            thresholds.append(0.5)
            continue
        grid = np.linspace(0.05, 0.8, 76)
        values = np.array([f1_score(truth, scores >= cut, zero_division=0.0) for cut in grid])
        # Smoothed over neighbours: the best single point is often luck.
        thresholds.append(round(float(grid[np.convolve(np.pad(values, 2, mode="edge"), np.ones(5) / 5, "valid").argmax()]), 2))
    return thresholds


def rows_of(tasks: dict[str, int], task: str) -> slice:
    """Where a task's labels stand in a matrix of all of them."""
    names = list(tasks)
    start = sum(tasks[name] for name in names[: names.index(task)])
    return slice(start, start + tasks[task])


def scale_heads(model: Model, task: str, factor: float, phrases_factor: float | None = None) -> None:
    """Multiplies a task's logits: those of the encoder and those of the phrases."""
    for parameter in model.heads.parameters():
        parameter.data[rows_of(model.label_counts, task)] *= factor
    if model.phrases is not None and task in model.phrases.tasks:
        for parameter in model.phrases.head.parameters():
            parameter.data[rows_of(model.phrases.tasks, task)] *= factor if phrases_factor is None else phrases_factor
