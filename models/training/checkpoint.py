"""Checkpoints that transformers saved: read, checked, joined into one model, trimmed, exported."""

import json
import sys
from pathlib import Path

import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModelForSequenceClassification, AutoTokenizer, PreTrainedModel
from transformers.utils import logging

import trim_vocabulary
from compress import OPSET

logging.disable_progress_bar()

ARCHITECTURES = ("xlm-roberta", "bert")
PROBLEM_TYPES = ("single_label_classification", "multi_label_classification")
PROTOBUF_LIMIT = 2**31 - 1  # bytes that one ONNX file can hold


class Heads(nn.Module):
    """The encoder once, and every task's head over it: logits per task, float32 [batch, labels]."""

    def __init__(self, models: dict[str, PreTrainedModel], uses_token_types: bool) -> None:
        super().__init__()
        self.encoder = next(iter(models.values())).base_model
        # A pooler belongs to the head: fine-tuning changes it, and only BERT's heads look at it.
        self.poolers = nn.ModuleList(getattr(model.base_model, "pooler", None) or nn.Identity() for model in models.values())
        self.heads = nn.ModuleList(model.classifier for model in models.values())
        self.uses_token_types = uses_token_types

    def forward(self, input_ids: Tensor, attention_mask: Tensor, token_type_ids: Tensor | None = None) -> tuple[Tensor, ...]:
        # Transformers leaves a mask of four dimensions as it is; its own making of masks does not export well.
        bias = (1.0 - attention_mask[:, None, None, :].to(torch.float32)) * torch.finfo(torch.float32).min
        types = {"token_type_ids": token_type_ids} if self.uses_token_types else {}
        hidden = self.encoder(input_ids=input_ids, attention_mask=bias, **types).last_hidden_state
        return tuple(head(pooler(hidden)) for pooler, head in zip(self.poolers, self.heads, strict=True))

    @property
    def input_names(self) -> list[str]:
        return ["input_ids", "attention_mask", *(["token_type_ids"] if self.uses_token_types else [])]


def refuse(message: str) -> SystemExit:
    return SystemExit(f"import_checkpoint.py: {message}")


def load(task: str, directory: Path) -> PreTrainedModel:
    """A checkpoint from the disk alone, in fp32, checked for what a bundle can hold."""
    if not (directory / "config.json").is_file():
        raise refuse(f"expected a checkpoint for {task} at {directory}, found no config.json there")
    config = AutoConfig.from_pretrained(directory, local_files_only=True)
    if config.model_type not in ARCHITECTURES:
        raise refuse(f"{directory}: expected model_type {' or '.join(ARCHITECTURES)} (MiniLM is bert), found {config.model_type}")
    if not any(name.endswith("ForSequenceClassification") for name in config.architectures or []):
        raise refuse(f"{directory}: expected a *ForSequenceClassification with a trained head, found {config.architectures}")
    kind = config.problem_type or PROBLEM_TYPES[0]
    if kind not in PROBLEM_TYPES or config.num_labels < 2:
        raise refuse(f"{directory}: expected problem_type {' or '.join(PROBLEM_TYPES)} and two labels, found {kind}, {config.num_labels}")
    model, report = AutoModelForSequenceClassification.from_pretrained(
        directory, local_files_only=True, attn_implementation="eager", dtype=torch.float32, output_loading_info=True
    )
    if report["missing_keys"]:
        raise refuse(f"{directory}: expected all weights of the model, found none for {', '.join(sorted(report['missing_keys']))}")
    return model.eval()


def load_all(checkpoints: dict[str, Path]) -> dict[str, PreTrainedModel]:
    """One model per task, all over one encoder in memory."""
    models: dict[str, PreTrainedModel] = {}
    for task, directory in checkpoints.items():
        models[task] = load(task, directory)
        first = next(iter(models))
        shared = dict(models[first].base_model.named_parameters())
        for name, values in models[task].base_model.named_parameters():
            if name.startswith("pooler."):
                continue
            if name not in shared or not torch.equal(values, shared[name]):
                raise refuse(
                    f"expected {first} and {task} to share one encoder, found other values in {name}; "
                    "train the heads together, or with the encoder frozen, or import them into two bundles"
                )
            values.data = shared[name].data
    return models


def read_tokenizer(directory: Path) -> dict:
    """tokenizer.json as it lies there; made by transformers where only a sentencepiece model or vocab.txt does."""
    path = directory / "tokenizer.json"
    text = path.read_text(encoding="utf-8") if path.exists() else AutoTokenizer.from_pretrained(directory).backend_tokenizer.to_str()
    tokenizer = json.loads(text)
    if tokenizer["model"].get("type") not in ("Unigram", "WordPiece"):
        raise refuse(f"{directory}: expected a Unigram or WordPiece tokenizer, found {tokenizer['model'].get('type')}")
    return tokenizer | {"truncation": None, "padding": None}


def positions(model: PreTrainedModel) -> int:
    """Tokens that the position table has room for; XLM-R counts from after the padding's id."""
    config = model.config
    return config.max_position_embeddings - (config.pad_token_id + 1 if config.model_type == "xlm-roberta" else 0)


def trim_model(model: PreTrainedModel, tokenizer: dict, texts: list[str]) -> dict:
    """Cuts the tokenizer and the model's embeddings alike."""
    trimmed, old_ids = trim_vocabulary.trim(tokenizer, texts)
    pad = old_ids.index(model.config.pad_token_id)
    if model.config.model_type == "xlm-roberta" and pad != model.config.pad_token_id:
        raise refuse("expected the padding's id to stay, because XLM-R counts positions from it; it moved")
    table = model.get_input_embeddings()
    model.set_input_embeddings(nn.Embedding.from_pretrained(table.weight.data[old_ids], padding_idx=pad))
    model.config.pad_token_id = pad
    print(f"vocabulary: {len(old_ids)} of {table.num_embeddings} pieces kept", file=sys.stderr)
    return trimmed


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
