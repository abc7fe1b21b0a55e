"""Takes the outliers out of a trained model's activations, so that eight bits do for the rest; its fp32 results stay as they are.

A few channels and neurons of these encoders are ten times as large as all others, and one scale for all of them would leave the others
four bits. Channels at the feed-forward's input are divided in the norm before it and multiplied in its weights (SmoothQuant, Xiao et al.
2023); neurons whose values are large get a product of their own, which stays in float (LLM.int8(), Dettmers et al. 2022).
"""

import torch
from torch import Tensor, nn

from model import Layer, Model

FEW = 16  # neurons of a layer that stay in float
LIMIT = 3.0  # a channel may be so many times as large as the 95th percentile of all


class Largest:
    """Largest absolute values per channel at the input of some linear layers, over the batches that run meanwhile."""

    def __init__(self, linears: list[nn.Linear]) -> None:
        self.values: list[Tensor] = [torch.zeros(linear.in_features) for linear in linears]
        self.hooks = [linear.register_forward_pre_hook(self._see(number)) for number, linear in enumerate(linears)]

    def _see(self, number: int) -> object:
        def hook(_: nn.Module, inputs: tuple[Tensor, ...]) -> None:
            largest = inputs[0].detach().abs().flatten(0, -2).amax(0).cpu()
            self.values[number] = torch.maximum(self.values[number], largest)

        return hook

    def close(self) -> None:
        for hook in self.hooks:
            hook.remove()


@torch.no_grad()
def divide_channels(layer: Layer, largest: Tensor) -> None:
    """Divides the large channels at the feed-forward's input, and multiplies them where they are used."""
    usual = largest.quantile(0.95) * LIMIT
    spread = torch.where(largest > usual, largest / usual, torch.ones_like(largest))
    layer.attention_norm.weight.div_(spread)
    layer.attention_norm.bias.div_(spread)
    layer.feed_forward_in.weight.mul_(spread)
    layer.spread = spread


@torch.no_grad()
def part_neurons(layer: Layer, largest: Tensor) -> None:
    """Gives the neurons with the largest values a path of their own (`few`), which runs beside the others."""
    order = largest.argsort(descending=True)
    few, many = order[:FEW].sort().values, order[FEW:].sort().values
    inward, outward = layer.feed_forward_in, layer.feed_forward_out
    own_in, own_out = nn.Linear(inward.in_features, FEW), nn.Linear(FEW, outward.out_features, bias=False)
    own_in.weight.copy_(inward.weight[few])
    own_in.bias.copy_(inward.bias[few])
    own_out.weight.copy_(outward.weight[:, few])
    layer.few = nn.Sequential(own_in, nn.GELU(), own_out)
    for name, values in (("weight", inward.weight[many]), ("bias", inward.bias[many])):
        setattr(inward, name, nn.Parameter(values.clone()))
    outward.weight = nn.Parameter(outward.weight[:, many].clone())
    inward.out_features = outward.in_features = len(many)


@torch.no_grad()
def take_out(model: Model, batches: list[tuple[Tensor, Tensor]]) -> None:
    """Both, by what `batches` (ids and masks) show; the model's results stay what they were but for rounding."""
    model.eval()
    for pick, change in ((lambda layer: layer.feed_forward_in, divide_channels), (lambda layer: layer.feed_forward_out, part_neurons)):
        seen = Largest([pick(layer) for layer in model.layers])
        for ids, mask in batches:
            model(ids, mask)
        seen.close()
        for layer, largest in zip(model.layers, seen.values, strict=True):
            change(layer, largest)
