"""An encoder with several heads over it, as one model, and its export to ONNX."""

from collections.abc import Callable
from pathlib import Path

import torch
from torch import Tensor, nn
from transformers import PreTrainedModel

from refusal import refuse

OPSET = 17
PROTOBUF_LIMIT = 2**31 - 1  # bytes that one ONNX file can hold

Hidden = Callable[[Tensor, Tensor], Tensor]  # [batch, sequence, width] and mask [batch, sequence] -> [batch, width or labels]


class ClassifierHead(nn.Module):
    """What a *ForSequenceClassification does with the encoder's hidden states: float32 [batch, labels]."""

    def __init__(self, model: PreTrainedModel) -> None:
        super().__init__()
        self.kind = model.config.model_type
        # A pooler belongs to the head: fine-tuning changes it, and only BERT's and DeBERTa's heads look at it.
        pooler = {"bert": getattr(model.base_model, "pooler", None), "deberta-v2": getattr(model, "pooler", None)}.get(self.kind)
        self.pooler = pooler or nn.Identity()
        self.first = nn.Sequential(model.pre_classifier, nn.ReLU()) if self.kind == "distilbert" else nn.Identity()
        self.classifier = model.classifier

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        pooled = self.pooler(hidden)
        return self.classifier(self.first(pooled[:, 0] if self.kind == "distilbert" else pooled))


class OneLogit(nn.Module):
    """A head with one logit z, seen as one of two labels: the softmax of 0 and z is the sigmoid of z."""

    def __init__(self, head: nn.Module) -> None:
        super().__init__()
        self.head = head

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        logit = self.head(hidden, mask)
        return torch.cat([torch.zeros_like(logit), logit], dim=1)


class Heads(nn.Module):
    """The encoder once, and every task's head over it: logits per task, float32 [batch, labels]."""

    def __init__(self, encoder: PreTrainedModel, heads: list[nn.Module], uses_token_types: bool) -> None:
        super().__init__()
        self.encoder = encoder
        self.heads = nn.ModuleList(heads)
        self.uses_token_types = uses_token_types
        # Transformers leaves a mask of four dimensions as it is; its own making of masks does not export well. DeBERTa has its own.
        self.takes_bias = encoder.config.model_type != "deberta-v2"

    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor | None = None) -> tuple[Tensor, ...]:
        mask = attention_mask
        if self.takes_bias:
            mask = (1.0 - attention_mask[:, None, None, :].to(torch.float32)) * torch.finfo(torch.float32).min
        types = {"token_type_ids": token_type_ids} if self.uses_token_types else {}
        hidden = self.encoder(input_ids=input_ids, attention_mask=mask, **types).last_hidden_state
        return tuple(head(hidden, attention_mask) for head in self.heads)

    @property
    def input_names(self) -> list[str]:
        return ["input_ids", "attention_mask", *(["token_type_ids"] if self.uses_token_types else [])]


def refuse_too_large(model: nn.Module) -> None:
    size = sum(values.numel() * 4 for values in model.parameters())
    if size * 1.01 > PROTOBUF_LIMIT:
        raise refuse(
            f"expected at most {PROTOBUF_LIMIT / 1e9:.1f} GB of fp32 weights, which is what one ONNX file holds, found {size / 1e9:.1f} GB; "
            "trim the vocabulary (--trim-vocab) or take a smaller checkpoint"
        )


def export(model: Heads, tasks: list[str], path: Path) -> None:
    """fp32 ONNX in one file: int64 [batch, sequence] inputs, one output per task."""
    refuse_too_large(model)
    ids = torch.tensor([[5, 6, 7, 8, 9], [5, 6, 7, 8, 9]])
    inputs = (ids, torch.ones_like(ids), *([torch.zeros_like(ids)] if model.uses_token_types else []))
    axes = {0: "batch", 1: "sequence"}
    with torch.no_grad():
        torch.onnx.export(
            model,
            inputs,
            str(path),
            opset_version=OPSET,
            dynamo=False,
            input_names=model.input_names,
            output_names=tasks,
            dynamic_axes={name: axes for name in model.input_names} | {task: {0: "batch"} for task in tasks},
        )
