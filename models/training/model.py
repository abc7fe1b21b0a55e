"""The model: a BERT-shaped encoder as MiniLM has it, and per task a linear head on a mean over the tokens that the task weighs itself.

Shapes: B texts, T tokens, D width.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

MASKED = -1e4  # added to attention scores of padding; exp() of it is 0 in every float type
EPSILON = 1e-12  # of BERT's layer norms
BLOCK = 32  # values of a table's row that share a scale, where they have 4 bits


@dataclass
class Shape:
    pieces: int
    width: int
    layers: int
    heads: int
    feed_forward: int
    positions: int  # of the longest text
    dropout: float
    tasks: dict[str, int]  # task -> number of labels


class Layer(nn.Module):
    """Post-norm, exact GELU."""

    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.heads, self.head_width = shape.heads, shape.width // shape.heads
        self.query = nn.Linear(shape.width, shape.width)
        self.key = nn.Linear(shape.width, shape.width)
        self.value = nn.Linear(shape.width, shape.width)
        self.attention_out = nn.Linear(shape.width, shape.width)
        self.attention_norm = nn.LayerNorm(shape.width, EPSILON)
        self.feed_forward_in = nn.Linear(shape.width, shape.feed_forward)
        self.feed_forward_out = nn.Linear(shape.feed_forward, shape.width)
        self.feed_forward_norm = nn.LayerNorm(shape.width, EPSILON)
        # For int8, see outliers.py: what the norm's output was divided by, and the neurons that stay in float.
        self.spread: Tensor | None = None
        self.few: nn.Sequential | None = None

    def attend(self, x: Tensor, bias: Tensor) -> Tensor:
        batch, _, _, length = bias.shape  # the exported graph asks for the shape of a small tensor, not of a quantised one
        heads = (part(x).view(batch, length, self.heads, self.head_width) for part in (self.query, self.key, self.value))
        query, key, value = (part.transpose(1, 2) for part in heads)
        if torch.onnx.is_in_onnx_export():
            scores = (query @ key.transpose(-1, -2)) * self.head_width**-0.5 + bias
            mixed = torch.softmax(scores, -1) @ value
        else:
            mixed = F.scaled_dot_product_attention(query, key, value, attn_mask=bias)
        return self.attention_out(mixed.transpose(1, 2).reshape(batch, length, self.heads * self.head_width))

    def forward(self, x: Tensor, bias: Tensor, kept: Tensor | None = None) -> Tensor:
        """[B, T, D] from the same. `kept`: dropout's factors [2, B, 1, D], in training."""
        x = self.attention_norm(x + dropped(self.attend(x, bias), kept, 0))
        inner = self.feed_forward_out(F.gelu(self.feed_forward_in(x)))
        if self.few is not None:
            inner = inner + self.few(x)
        whole = x if self.spread is None else x * self.spread
        return self.feed_forward_norm(whole + dropped(inner, kept, 1))


def dropped(x: Tensor, kept: Tensor | None, place: int) -> Tensor:
    return x if kept is None else x * kept[place]


class Model(nn.Module):
    def __init__(self, shape: Shape) -> None:
        super().__init__()
        self.shape = shape
        self.words = nn.Embedding(shape.pieces, shape.width)
        self.positions = nn.Parameter(torch.zeros(shape.positions, shape.width))
        self.norm = nn.LayerNorm(shape.width, EPSILON)
        self.layers = nn.ModuleList(Layer(shape) for _ in range(shape.layers))
        self.dropout = nn.Dropout(shape.dropout)
        # What each task looks for in a token; at 0 all tokens weigh alike.
        self.looks = nn.Linear(shape.width, len(shape.tasks), bias=False)
        nn.init.zeros_(self.looks.weight)
        self.heads = nn.ModuleDict({task: nn.Linear(2 * shape.width, labels) for task, labels in shape.tasks.items()})

    def compile_layers(self) -> None:
        """Lets torch write the layers' code for this machine, which needs a C++ compiler: for texts of all lengths at once."""
        for layer in self.layers:
            layer.compile(dynamic=True)

    def draw_dropout(self, count: int, like: Tensor) -> Tensor | None:
        """Factors [count, B, 1, D] for `like` [B, T, D]: one draw for all tokens of a text (Gal and Ghahramani 2016), which is cheap."""
        if not self.training or self.dropout.p == 0:
            return None
        return self.dropout(like.new_ones(count, len(like), 1, like.shape[-1]))

    def encode(self, input_ids: Tensor, attention_mask: Tensor, frozen: int = 0) -> tuple[Tensor, Tensor]:
        """(last layer [B, T, D], that of the layer at half the depth) from int64 [B, T] ids and a 0/1 mask; no gradients below `frozen`."""
        bias = ((1.0 - attention_mask.to(torch.float32)) * MASKED)[:, None, None, :]
        with torch.set_grad_enabled(torch.is_grad_enabled() and frozen == 0):
            x = self.norm(self.words(input_ids) + self.positions[: input_ids.shape[1]])
        half = x
        for number, layer in enumerate(self.layers):
            with torch.set_grad_enabled(torch.is_grad_enabled() and number >= frozen):
                x = layer(x, bias, self.draw_dropout(2, x) if number >= frozen else None)
            if number + 1 == len(self.layers) // 2:
                half = x
        return x, half

    def forward(self, input_ids: Tensor, attention_mask: Tensor, frozen: int = 0) -> tuple[dict[str, Tensor], Tensor]:
        """(logits per task, float32 [B, labels]; vectors [B, 2 D]: the mean of the tokens in the last layer, and at half the depth)."""
        x, half = self.encode(input_ids, attention_mask, frozen)
        mask = attention_mask.to(torch.float32)
        # Means as products: onnxruntime's sum over T rounds otherwise for one text than for several.
        share = (mask / mask.sum(1, keepdim=True)).unsqueeze(1)
        mean = (share @ x).squeeze(1)
        vectors = torch.cat([mean, (share @ half).squeeze(1)], -1)
        weights = torch.softmax(self.looks(x).transpose(1, 2) + ((1.0 - mask) * MASKED)[:, None, :], -1)
        looked = weights @ x  # [B, tasks, D]
        logits = {}
        for number, (task, head) in enumerate(self.heads.items()):
            logits[task] = head(self.dropout(torch.cat([mean, looked[:, number]], -1))).float()
        return logits, vectors


def load_encoder(model: Model, weights: dict[str, Tensor], layers: list[int]) -> None:
    """Copies a pretrained encoder's weights; `layers` says which of its layers become the model's, in order."""
    state = {name: weights[name] for name in ("words.weight", "norm.weight", "norm.bias")}
    # Token type 0 is everywhere: one vector, added to the positions once.
    state["positions"] = (weights["positions.weight"] + weights["types.weight"][0])[: model.shape.positions]
    for to, of in enumerate(layers):
        prefix = f"layers.{of}."
        state |= {f"layers.{to}.{name.removeprefix(prefix)}": value for name, value in weights.items() if name.startswith(prefix)}
    missing, unexpected = model.load_state_dict(state, strict=False)
    if unexpected or any(not name.startswith(("looks", "heads")) for name in missing):
        raise ValueError(f"the encoder's weights do not fit the model: missing {missing}, unexpected {unexpected}")
