"""Training that feels int8 (quantisation-aware): products round as the int8 graph will, and gradients pass as if they did not.

Inputs have 8 bits over a running range, weights 7 bits per output (Jacob et al. 2018); the neurons that outliers.py parts stay in float.
"""

import copy
import sys
from itertools import count

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from batches import Sampler
from model import Model
from student import agreement
from training import parameter_groups

LEVELS = 255  # of an input
LARGEST = 64  # of a weight
MOMENTUM = 0.01  # as compress.py's calibration has it


class Rounded(nn.Module):
    """A weight in 7 bits, one scale per output."""

    def forward(self, weight: Tensor) -> Tensor:
        scale = (weight.detach().abs().amax(1, keepdim=True) / LARGEST).clamp_min(1e-8)
        return weight + ((weight.detach() / scale).round() * scale - weight.detach())


class RoundedInput:
    """Rounds what a product is given to 8 bits over a range that follows the batches."""

    def __init__(self) -> None:
        self.low = self.high = None

    def __call__(self, module: nn.Module, given: tuple[Tensor, ...]) -> tuple[Tensor]:
        x = given[0].detach()
        low, high = x.amin().clamp(max=0), x.amax().clamp(min=0)
        if self.low is None:
            self.low, self.high = low, high
        elif module.training:
            self.low, self.high = torch.lerp(self.low, low, MOMENTUM), torch.lerp(self.high, high, MOMENTUM)
        scale = ((self.high - self.low) / LEVELS).clamp_min(1e-8)
        zero = (self.low / scale).round()
        rounded = ((x / scale).round().clamp(zero, zero + LEVELS)) * scale
        return (given[0] + (rounded - x),)


def products(model: Model) -> list[nn.Linear]:
    return [module for name, module in model.named_modules() if isinstance(module, nn.Linear) and ".few." not in name]


def train(model: Model, sampler: Sampler, tasks: dict, settings: dict) -> None:
    """Changes a model without outliers so that it gives rounded the scores that it gave unrounded; `settings` as a student's.

    On a CPU: a few hundred thousand tokens do.
    """
    taught = copy.deepcopy(model).eval()
    model.train()
    hooks = []
    for product in products(model):
        parametrize.register_parametrization(product, "weight", Rounded())
        hooks.append(product.register_forward_pre_hook(RoundedInput()))
    groups = parameter_groups(model, settings)
    optimiser = torch.optim.AdamW(groups, betas=(0.9, 0.98), weight_decay=settings["weight_decay"])
    rates, tokens = [group["lr"] for group in groups], 0
    batches = sampler.batches(settings["batch_tokens"], settings["max_length"])
    for step in count():
        _, ids, mask = next(batches)
        with torch.no_grad():
            wanted, _ = taught(ids, mask)
        losses = agreement(tasks, model(ids, mask)[0], wanted)
        sum(losses.values()).backward()
        for group, rate in zip(optimiser.param_groups, rates, strict=True):
            group["lr"] = rate * max(0.02, 1 - tokens / settings["tokens"])
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        tokens += int(mask.sum())
        if step % 20 == 0:
            print(f"{tokens} tokens, {sum(losses.values()).item():.4f}", file=sys.stderr, flush=True)
        if tokens >= settings["tokens"]:
            break
    for hook in hooks:
        hook.remove()
    for product in products(model):
        parametrize.remove_parametrizations(product, "weight", leave_parametrized=False)
    model.eval()
