"""A sentence-transformers or SetFit directory: an encoder, how its vectors are pooled, and a linear head given beside it."""

import json
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from refusal import refuse

POOLINGS = {"pooling_mode_mean_tokens": "mean", "pooling_mode_cls_token": "cls", "pooling_mode_max_tokens": "max"}
ACTIVATIONS = {"torch.nn.modules.linear.Identity": nn.Identity, "torch.nn.modules.activation.Tanh": nn.Tanh}
HEAD_HINT = (
    "give its head as --head TASK=head.npz with weight [labels, size], bias and labels; SetFit's, a scikit-learn pickle, becomes one with "
    "python -c \"import joblib, numpy as np; h = joblib.load('model_head.pkl'); np.savez('head.npz', weight=h.coef_, bias=h.intercept_, "
    'labels=h.classes_.astype(str))", which runs code of the pickle, so only for a checkpoint that you trust'
)


def is_sentence_body(directory: Path) -> bool:
    return (directory / "modules.json").is_file()


class LinearHead(nn.Module):
    """weight * vector + bias, as scikit-learn's logistic regression has it: float32 [batch, logits]."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        try:
            arrays = dict(np.load(path, allow_pickle=False))
            weight, bias = (torch.tensor(np.asarray(arrays[key], dtype=np.float32)) for key in ("weight", "bias"))
        except (OSError, KeyError, ValueError, TypeError) as error:
            raise refuse(f"{path}: expected an npz file with weight and bias, found {error}") from error
        if weight.dim() != 2 or bias.shape != weight.shape[:1]:
            raise refuse(f"{path}: expected weight [labels, size] and bias [labels], found {list(weight.shape)} and {list(bias.shape)}")
        self.linear = nn.Linear(weight.shape[1], weight.shape[0])
        self.linear.weight.data, self.linear.bias.data = weight, bias
        self.labels = [str(label) for label in arrays["labels"]] if "labels" in arrays else None

    def forward(self, vectors: Tensor) -> Tensor:
        return self.linear(vectors)


class SentenceHead(nn.Module):
    """Pooling, what stands between it and the vector, and the linear head: float32 [batch, logits]."""

    def __init__(self, directory: Path, linear: LinearHead) -> None:
        super().__init__()
        self.pooling, self.steps = None, nn.ModuleList()
        self.normalises = False
        for module in read_json(directory / "modules.json"):
            kind, folder = module["type"].rsplit(".", 1)[-1], directory / module["path"]
            if kind == "Transformer":
                refuse_prepared_texts(directory, folder)
            elif kind == "Pooling" and self.pooling is None:
                self.pooling = read_pooling(folder)
            elif kind == "Dense" and self.pooling and not self.normalises:
                self.steps.append(read_dense(folder))
            elif kind == "Normalize" and self.pooling:
                self.normalises = True
            else:
                raise refuse(f"{directory}: expected Transformer, Pooling, Dense and Normalize, in this order, found {module['type']}")
        if self.pooling is None:
            raise refuse(f"{directory}: expected a Pooling in modules.json, found none")
        self.normalises |= bool(setfit_config(directory).get("normalize_embeddings"))
        self.linear = linear

    def forward(self, hidden: Tensor, mask: Tensor) -> Tensor:
        vectors = self.pool(hidden, mask[:, :, None].to(hidden.dtype))
        for step in self.steps:
            vectors = step(vectors)
        if self.normalises:
            vectors = vectors / torch.linalg.vector_norm(vectors, dim=1, keepdim=True).clamp(min=1e-12)
        return self.linear(vectors)

    def pool(self, hidden: Tensor, mask: Tensor) -> Tensor:
        if self.pooling == "cls":
            return hidden[:, 0]
        if self.pooling == "max":
            return (hidden + (1.0 - mask) * torch.finfo(torch.float32).min / 2).amax(1)
        return (hidden * mask).sum(1) / mask.sum(1)


def setfit_config(directory: Path) -> dict:
    path = directory / "config_setfit.json"
    return read_json(path) if path.is_file() else {}


def label_names(directory: Path, linear: LinearHead) -> list[str] | None:
    """The head's labels; where they are numbers, and SetFit has names for those, the names."""
    names = setfit_config(directory).get("labels")
    labels = linear.labels
    if not names or labels is None:
        return labels or names
    are_numbers = all(label.isdecimal() and int(label) < len(names) for label in labels)
    return [str(names[int(label)]) for label in labels] if are_numbers else labels


def read_pooling(folder: Path) -> str:
    config = read_json(folder / "config.json")
    chosen = [name for name, on in config.items() if name.startswith("pooling_mode_") and on is True]
    # Newer versions of sentence-transformers write one word.
    word = config.get("pooling_mode")
    names = [word] if isinstance(word, str) else [POOLINGS.get(name, name) for name in chosen]
    if len(names) != 1 or names[0] not in POOLINGS.values():
        raise refuse(f"{folder}: expected one pooling among {', '.join(POOLINGS.values())}, found {', '.join(names) or 'none'}")
    return names[0]


def read_dense(folder: Path) -> nn.Module:
    from safetensors.torch import load_file

    config = read_json(folder / "config.json")
    activation = ACTIVATIONS.get(config.get("activation_function", "torch.nn.modules.activation.Tanh"))
    path = folder / "model.safetensors"
    if activation is None or not path.is_file():
        raise refuse(f"{folder}: expected a Dense with Identity or Tanh and its weights in model.safetensors, found {config}")
    linear = nn.Linear(config["in_features"], config["out_features"], bias=config.get("bias", True))
    linear.load_state_dict({name.removeprefix("linear."): values.float() for name, values in load_file(path).items()})
    return nn.Sequential(linear, activation())


def refuse_prepared_texts(directory: Path, folder: Path) -> None:
    """sentence-transformers can change texts before the tokenizer sees them; a bundle cannot."""
    own = read_json(folder / "sentence_bert_config.json") if (folder / "sentence_bert_config.json").is_file() else {}
    if own.get("do_lower_case"):
        raise refuse(
            f"{folder}: expected texts as they are, found do_lower_case in sentence_bert_config.json; lower-case them in the tokenizer"
        )
    path = directory / "config_sentence_transformers.json"
    shared = read_json(path) if path.is_file() else {}
    prompt = (shared.get("prompts") or {}).get(shared.get("default_prompt_name"))
    if prompt:
        raise refuse(f"{path}: expected texts as they are, found the default prompt {prompt!r}, which a bundle cannot put in front")


def longest_sequence(directory: Path) -> int | None:
    """max_seq_length, where there is one."""
    path = directory / "sentence_bert_config.json"
    return read_json(path).get("max_seq_length") if path.is_file() else None


def read_json(path: Path) -> dict:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise refuse(f"{path}: expected a JSON file, found {error}") from error
