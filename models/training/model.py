"""The model: a small pre-norm transformer encoder with an n-gram path beside it, and one linear head per task.

Shapes: B texts, T tokens, D width. Every head sees four vectors [B, D]: mean and maximum of the
encoder's output, mean of the embeddings and maximum of a width-3 convolution over them. The last
two are the n-gram path: fastText's idea, which learns fast and keeps word-order cues; the convolution also
tells the encoder about positions, so there is no position table and no length limit in the weights.
"""

from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn import functional as F

MASKED = -1e4  # added to attention scores of padding; exp() of it is 0 in every float type


@dataclass
class ModelConfig:
    pieces: int
    width: int
    layers: int
    heads: int
    feed_forward: int
    dropout: float
    tasks: dict[str, int]  # task -> number of labels


class Layer(nn.Module):
    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.heads, self.head_width = config.heads, config.width // config.heads
        self.attention_norm = nn.LayerNorm(config.width)
        self.query_key_value = nn.Linear(config.width, 3 * config.width)
        self.attention_out = nn.Linear(config.width, config.width)
        self.feed_forward_norm = nn.LayerNorm(config.width)
        self.feed_forward_in = nn.Linear(config.width, config.feed_forward)
        self.feed_forward_out = nn.Linear(config.feed_forward, config.width)
        self.dropout = nn.Dropout(config.dropout)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        batch, length, _ = x.shape
        qkv = self.query_key_value(self.attention_norm(x)).view(batch, length, 3, self.heads, self.head_width)
        query, key, value = qkv.permute(2, 0, 3, 1, 4).unbind(0)
        scores = (query @ key.transpose(-1, -2)) * self.head_width**-0.5 + bias
        mixed = (torch.softmax(scores, -1) @ value).transpose(1, 2).reshape(batch, length, self.heads * self.head_width)
        x = x + self.dropout(self.attention_out(mixed))
        hidden = F.relu(self.feed_forward_in(self.feed_forward_norm(x)))
        return x + self.dropout(self.feed_forward_out(hidden))


class Model(nn.Module):
    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.embedding = nn.Embedding(config.pieces, config.width, sparse=True)
        self.convolution = nn.Linear(3 * config.width, config.width)
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.layers))
        self.norm = nn.LayerNorm(config.width)
        self.dropout = nn.Dropout(config.dropout)
        self.label_counts = config.tasks
        # The heads of all tasks as one matrix per vector: each vector then gets its own int8 scale.
        self.heads = nn.ModuleList(nn.Linear(config.width, sum(config.tasks.values())) for _ in range(4))
        for layer in self.layers:  # start near the identity: deep layers then do not disturb a trained n-gram path
            nn.init.normal_(layer.attention_out.weight, std=0.01)
            nn.init.normal_(layer.feed_forward_out.weight, std=0.01)

    def features(self, input_ids: Tensor, attention_mask: Tensor, use_encoder: bool = True) -> list[Tensor]:
        """Four float32 [B, D] from int64 [B, T] ids and a 0/1 mask of the same shape."""
        mask = attention_mask.to(torch.float32).unsqueeze(-1)
        # A mean as a product: onnxruntime's sum over T rounds otherwise for one text than for several.
        share = (mask / mask.sum(1, keepdim=True)).transpose(1, 2)
        embedded = self.embedding(input_ids) * mask
        dropped = self.dropout(embedded)
        before = F.pad(dropped[:, :-1], (0, 0, 1, 0))
        after = F.pad(dropped[:, 1:], (0, 0, 0, 1))
        # Padding gives relu(...) * 0 = 0, which never wins over a real token's value.
        ngrams = F.relu(self.convolution(torch.cat([before, dropped, after], -1))) * mask
        shallow = [(share @ embedded).squeeze(1), ngrams.amax(1)]
        if not use_encoder:
            return shallow
        x = dropped + ngrams
        bias = ((1.0 - mask) * MASKED).transpose(1, 2).unsqueeze(1)
        for layer in self.layers:
            x = layer(x, bias)
        x = self.norm(x)
        return [*shallow, (share @ x).squeeze(1), (x + (1.0 - mask) * MASKED).amax(1)]

    def forward(self, input_ids: Tensor, attention_mask: Tensor, use_encoder: bool = True) -> dict[str, Tensor]:
        """Logits per task, float32 [B, labels]."""
        features = self.features(input_ids, attention_mask, use_encoder)
        # Without the encoder there are two vectors, and zip leaves its heads out.
        logits = sum(head(self.dropout(vector)) for head, vector in zip(self.heads, features, strict=False))
        return dict(zip(self.label_counts, logits.float().split(list(self.label_counts.values()), -1), strict=True))
