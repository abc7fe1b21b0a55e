"""Calibration: scales, shifts and thresholds from scores on dev, and their way into a model's heads."""

import numpy as np
import torch
from torch.nn import functional as F

from corpus import UNLABELLED
from metrics import macro_f1_single
from model import Model

Coarse = tuple[np.ndarray, np.ndarray]  # logits and bool [rows, labels]: the labels that an older source's label may mean


def fit_single(
    logits: np.ndarray, labels: np.ndarray, fixed: np.ndarray | None = None, coarse: Coarse | None = None
) -> tuple[float, np.ndarray]:
    """A temperature's inverse and a shift per label, by least negative log-likelihood; the former alone where the shift is `fixed`.

    The shift takes back what favouring rare labels in training did to their probabilities. Rows that are labelled coarsely count half
    in all: what they are labelled by (stars, mostly) is less sure than the definitions, and so are the texts that users bring.
    """
    scores, target = torch.from_numpy(logits), torch.from_numpy(labels.astype(np.int64))
    log_scale = torch.zeros(1, requires_grad=True)
    shift = torch.zeros(logits.shape[1], requires_grad=True) if fixed is None else torch.from_numpy(fixed)
    free = [log_scale] if fixed is not None else [log_scale, shift]
    optimiser = torch.optim.LBFGS(free, max_iter=100, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        # The small penalty keeps a label that dev hardly has from drifting off.
        loss = F.cross_entropy(scores * log_scale.exp() + shift, target)
        if coarse is not None:
            logs = F.log_softmax(torch.from_numpy(coarse[0]) * log_scale.exp() + shift, -1)
            loss = (loss - torch.logsumexp(logs.masked_fill(~torch.from_numpy(coarse[1]), -1e4), -1).mean()) / 2
        loss = loss + 1e-3 * shift.square().sum()
        loss.backward()
        return loss

    optimiser.step(closure)
    return log_scale.exp().item(), shift.detach().numpy()


def choose_shift(logits: np.ndarray, labels: np.ndarray, coarse: Coarse | None) -> tuple[float, np.ndarray]:
    """As much of the fitted shift as gives the best macro-F1: all of it is right for probabilities, but rare labels then hardly win.

    `coarse` rows have a say in the temperature alone.
    """
    scale, whole = fit_single(logits, labels)
    shares = np.linspace(0, 1, 11)[::-1]
    quality = [macro_f1_single(labels, (logits * scale + share * whole).argmax(-1)) for share in shares]
    # Smoothed over neighbours: the best single point is often luck.
    smooth = np.convolve(np.pad(quality, 1, mode="edge"), np.ones(3) / 3, "valid")
    share = shares[int(smooth.argmax())]
    part = (whole / scale * share).astype(np.float32)  # in the unscaled logits' units, so that the temperature can be fitted anew
    if coarse is not None:
        coarse = (coarse[0] + part, coarse[1])
    scale, _ = fit_single(logits + part, labels, np.zeros_like(part), coarse)
    return scale, part * scale


def fit_multi(logits: np.ndarray, labels: np.ndarray) -> tuple[float, np.ndarray]:
    """One scale for all labels of a task and a shift for each, by least negative log-likelihood on rows that know the label."""
    scores, known = torch.from_numpy(logits), torch.from_numpy(labels != UNLABELLED)
    target = torch.from_numpy((labels == 1).astype(np.float32))
    log_scale = torch.zeros(1, requires_grad=True)
    shift = torch.zeros(logits.shape[1], requires_grad=True)
    optimiser = torch.optim.LBFGS([log_scale, shift], max_iter=100, line_search_fn="strong_wolfe")

    def closure() -> torch.Tensor:
        optimiser.zero_grad()
        each = F.binary_cross_entropy_with_logits(scores * log_scale.exp() + shift, target, reduction="none")
        loss = (each * known).sum() / known.sum() + 1e-4 * shift.square().sum()
        loss.backward()
        return loss

    optimiser.step(closure)
    return log_scale.exp().item(), shift.detach().numpy()


@torch.no_grad()
def scale_head(model: Model, task: str, scale: float, shift: np.ndarray) -> None:
    """Makes the task's logits `scale` times what they were, plus `shift`."""
    head = model.heads[task]
    head.weight.mul_(scale)
    head.bias.mul_(scale).add_(torch.from_numpy(shift).to(head.bias))
