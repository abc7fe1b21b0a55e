"""The model: a transformer encoder with an n-gram path beside it, and one linear head per task.

Shapes: B texts, T tokens, D width. Every head sees four vectors [B, D]: mean of the embeddings and
maximum of a width-3 convolution over them (the n-gram path: fastText's idea, which learns fast and
keeps word-order cues), mean and maximum of the encoder's output.

Two kinds of encoder. `bert`: MiniLM's own layers (post-norm, GELU, a position table), so that they
can start from pretrained weights. `small`: pre-norm, ReLU and no positions, the convolution tells
it about word order; made for speed.
"""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

MASKED = -1e4  # added to attention scores of padding; exp() of it is 0 in every float type
EPSILON = 1e-12  # of BERT's layer norms
BLOCK = 32  # values of a table's row that share a scale, where they have 4 bits


@dataclass
class ModelConfig:
    pieces: int
    kind: str  # "bert" or "small"
    width: int
    layers: int
    heads: int
    feed_forward: int
    dropout: float
    positions: int  # longest text of a `bert` encoder
    tasks: dict[str, int]  # task -> number of labels
    language_table: bool = True  # how much each piece speaks for each language
    table_bits: int = 8  # of the embeddings once compressed; 4 is trained for


class Features(NamedTuple):
    """What the heads see; None where the model lacks that path or leaves it out."""

    languages: Tensor | None  # [B, languages]: mean of the pieces' languages
    embedded: Tensor  # [B, D]: mean of the embeddings
    ngrams: Tensor  # [B, D]: maximum of the convolution
    mean: Tensor | None = None  # [B, D], of the encoder's output
    maximum: Tensor | None = None  # [B, D]

    def without_ngrams(self, kept: Tensor) -> "Features":
        """The n-gram path of some texts left out, by a 0/1 float [B, 1]."""
        return self._replace(embedded=self.embedded * kept, ngrams=self.ngrams * kept)


class Layer(nn.Module):
    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.heads, self.head_width = config.heads, config.width // config.heads
        self.bert = config.kind == "bert"
        epsilon = EPSILON if self.bert else 1e-5
        self.attention_norm = nn.LayerNorm(config.width, epsilon)
        # Three products, not one that is then split: a split copies.
        self.query = nn.Linear(config.width, config.width)
        self.key = nn.Linear(config.width, config.width)
        self.value = nn.Linear(config.width, config.width)
        self.attention_out = nn.Linear(config.width, config.width)
        self.feed_forward_norm = nn.LayerNorm(config.width, epsilon)
        self.feed_forward_in = nn.Linear(config.width, config.feed_forward)
        self.feed_forward_out = nn.Linear(config.feed_forward, config.width)

    def attend(self, x: Tensor, bias: Tensor) -> Tensor:
        batch, _, _, length = bias.shape  # the exported graph asks for the shape of a small tensor, not of a quantised one
        heads = (part(x).view(batch, length, self.heads, self.head_width) for part in (self.query, self.key, self.value))
        query, key, value = (part.transpose(1, 2) for part in heads)
        scores = (query @ key.transpose(-1, -2)) * self.head_width**-0.5 + bias
        mixed = (torch.softmax(scores, -1) @ value).transpose(1, 2).reshape(batch, length, self.heads * self.head_width)
        return self.attention_out(mixed)

    def forward(self, x: Tensor, bias: Tensor, kept: Tensor | None = None) -> Tensor:
        """[B, T, D] from the same. `kept`: dropout's factors [2, B, 1, D], in training."""
        if self.bert:
            x = self.attention_norm(x + dropped(self.attend(x, bias), kept, 0))
            return self.feed_forward_norm(x + dropped(self.feed_forward_out(F.gelu(self.feed_forward_in(x))), kept, 1))
        x = x + dropped(self.attend(self.attention_norm(x), bias), kept, 0)
        hidden = F.relu(self.feed_forward_in(self.feed_forward_norm(x)))
        return x + dropped(self.feed_forward_out(hidden), kept, 1)


def dropped(x: Tensor, kept: Tensor | None, place: int) -> Tensor:
    return x if kept is None else x * kept[place]


def shares(attention_mask: Tensor) -> Tensor:
    """Float32 [B, 1, T]: each token's share in a mean over the text.

    A mean as a product: onnxruntime's sum over T rounds otherwise for one text than for several.
    """
    mask = attention_mask.to(torch.float32).unsqueeze(-1)
    return (mask / mask.sum(1, keepdim=True)).transpose(1, 2)


def as_four_bits(rows: Tensor) -> Tensor:
    """Float [..., D] as static_int8.four_bits will round them; gradients pass as if it did not (straight-through)."""
    with torch.no_grad():
        blocks = rows.unflatten(-1, (-1, BLOCK))
        scale = blocks.gather(-1, blocks.abs().argmax(-1, keepdim=True)) / -8
        scale = torch.where(scale.abs() < 1e-6, 1e-6, scale)
        change = ((blocks / scale).round_().clamp_(-8, 7) * scale).flatten(-2) - rows
    return rows + change


class Phrases(nn.Module):
    """fastText's model: the mean of the vectors of all pieces and hashed pairs of pieces, P wide, and a linear head."""

    def __init__(self, pieces: int, buckets: int, width: int, tasks: dict[str, int]) -> None:
        super().__init__()
        self.pieces = nn.Embedding(pieces, width, sparse=True)
        self.pairs = nn.Embedding(buckets, width, sparse=True)
        for table in (self.pieces, self.pairs):
            nn.init.normal_(table.weight, std=0.01)
        self.head = nn.Linear(2 * width, sum(tasks.values()))
        self.tasks = tasks

    def forward(self, input_ids: Tensor, attention_mask: Tensor) -> dict[str, Tensor]:
        """Logits of its tasks, float32 [B, labels]."""
        before = F.pad(input_ids[:, :-1], (1, 0))
        pairs = (input_ids * 92821 + before * 31337) % self.pairs.num_embeddings
        means = shares(attention_mask) @ torch.cat([self.pieces(input_ids), self.pairs(pairs)], -1)
        return dict(zip(self.tasks, self.head(means.squeeze(1)).float().split(list(self.tasks.values()), -1), strict=True))


class Model(nn.Module):
    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        self.bert = config.kind == "bert"
        self.four_bits = config.table_bits == 4
        self.phrases: Phrases | None = None  # beside the encoder in the exported model; see compress.py
        self.embedding = nn.Embedding(config.pieces, config.width, sparse=True)
        if self.bert:
            self.positions = nn.Parameter(torch.zeros(config.positions, config.width))
            self.embedding_norm = nn.LayerNorm(config.width, EPSILON)
        # Its mean over the text is added to the language head: pieces of one meaning start with one vector in all
        # languages, so the other paths are slow to tell them apart.
        self.piece_languages = nn.Embedding(config.pieces, config.tasks["language"]) if config.language_table else None
        if self.piece_languages is not None:
            nn.init.zeros_(self.piece_languages.weight)
        self.convolution = nn.Linear(3 * config.width, config.width)
        self.layers = nn.ModuleList(Layer(config) for _ in range(config.layers))
        self.norm = nn.Identity() if self.bert else nn.LayerNorm(config.width)
        self.dropout = nn.Dropout(config.dropout)
        self.label_counts = config.tasks
        # The heads of all tasks as one matrix per vector: each vector then gets its own int8 scale.
        self.heads = nn.ModuleList(nn.Linear(config.width, sum(config.tasks.values())) for _ in range(4))
        if not self.bert:
            for layer in self.layers:  # start near the identity: deep layers then do not disturb a trained n-gram path
                nn.init.normal_(layer.attention_out.weight, std=0.01)
                nn.init.normal_(layer.feed_forward_out.weight, std=0.01)

    def compile_layers(self) -> None:
        """Lets torch write the layers' code for this machine, which needs a C++ compiler: for texts of all lengths at once."""
        for layer in self.layers:
            layer.compile(dynamic=True)

    def draw_dropout(self, count: int, like: Tensor) -> Tensor | None:
        """Factors [count, B, 1, D] for `like` [B, T, D]: one draw for all tokens of a text (Gal and Ghahramani 2016).

        A draw for each token would take a third of a training step on a CPU.
        """
        if not self.training or self.dropout.p == 0:
            return None
        return self.dropout(like.new_ones(count, len(like), 1, like.shape[-1]))

    def features(self, input_ids: Tensor, attention_mask: Tensor, use_encoder: bool = True) -> Features:
        """From int64 [B, T] ids and a 0/1 mask of the same shape."""
        mask = attention_mask.to(torch.float32).unsqueeze(-1)
        share = shares(attention_mask)
        embedded = self.embedding(input_ids)
        if self.training and self.four_bits:
            embedded = as_four_bits(embedded)
        if self.bert:
            embedded = self.embedding_norm(embedded + self.positions[: input_ids.shape[1]])
        embedded = embedded * mask
        seen = dropped(embedded, self.draw_dropout(1, embedded), 0)
        before = F.pad(seen[:, :-1], (0, 0, 1, 0))
        after = F.pad(seen[:, 1:], (0, 0, 0, 1))
        # Padding gives relu(...) * 0 = 0, which never wins over a real token's value.
        ngrams = F.relu(self.convolution(torch.cat([before, seen, after], -1))) * mask
        languages = None if self.piece_languages is None else (share @ self.piece_languages(input_ids)).squeeze(1)
        shallow = Features(languages, (share @ embedded).squeeze(1), ngrams.amax(1))
        if not use_encoder:
            return shallow
        x = seen if self.bert else seen + ngrams
        bias = ((1.0 - mask) * MASKED).transpose(1, 2).unsqueeze(1)
        for layer in self.layers:
            x = layer(x, bias, self.draw_dropout(2, x))
        x = self.norm(x)
        return shallow._replace(mean=(share @ x).squeeze(1), maximum=(x + (1.0 - mask) * MASKED).amax(1))

    def label(self, features: Features) -> dict[str, Tensor]:
        """Logits per task, float32 [B, labels]. Without the encoder's two vectors its heads are left out."""
        vectors = (features.embedded, features.ngrams, features.mean, features.maximum)
        logits = sum(head(self.dropout(vector)) for head, vector in zip(self.heads, vectors, strict=True) if vector is not None)
        result = dict(zip(self.label_counts, logits.float().split(list(self.label_counts.values()), -1), strict=True))
        return result if features.languages is None else result | {"language": result["language"] + features.languages}

    def forward(self, input_ids: Tensor, attention_mask: Tensor, use_encoder: bool = True) -> dict[str, Tensor]:
        """Logits per task, float32 [B, labels]."""
        logits = self.label(self.features(input_ids, attention_mask, use_encoder))
        if self.phrases is None:
            return logits
        return logits | {task: logits[task] + values for task, values in self.phrases(input_ids, attention_mask).items()}
