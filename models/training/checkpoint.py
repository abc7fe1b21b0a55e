"""Checkpoints that transformers saved: read, checked, joined into one model, trimmed."""

import json
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from transformers import AutoConfig, AutoModel, AutoModelForSequenceClassification, PretrainedConfig, PreTrainedModel
from transformers.utils import logging

import trim_vocabulary
from checkpoint_tokenizer import CheckpointTokenizer
from heads import ClassifierHead, OneLogit
from refusal import refuse
from sentence_body import HEAD_HINT, LinearHead, SentenceHead, is_sentence_body, label_names, longest_sequence

logging.disable_progress_bar()
logging.set_verbosity_error()

ARCHITECTURES = ("xlm-roberta", "roberta", "bert", "distilbert", "deberta-v2")
PROBLEM_TYPES = ("single_label_classification", "multi_label_classification")
COUNTS_FROM_PADDING = ("xlm-roberta", "roberta")  # positions are counted from after the padding's id
# Keys of a config that say nothing about the encoder: the head's, the training's, and where it comes from.
NOT_THE_ENCODERS = {
    "id2label", "label2id", "num_labels", "problem_type", "architectures", "_name_or_path", "transformers_version", "dtype", "torch_dtype",
    "classifier_dropout", "cls_dropout", "seq_classif_dropout", "hidden_dropout_prob", "attention_probs_dropout_prob", "dropout",
    "attention_dropout", "initializer_range", "use_cache", "gradient_checkpointing", "finetuning_task", "return_dict", "output_attentions",
    "output_hidden_states", "pooler_dropout", "pooler_hidden_act", "pooler_hidden_size", "tie_word_embeddings",
}  # fmt: skip
# Weights that a classifier leaves unused, by what they are: heads of pretraining, tables of numbers that are computed now.
LEFT_OUT = re.compile(r"(^|\.)(lm_head|cls\.predictions|cls\.seq_relationship|lm_predictions|mask_predictions|vocab_\w+)\.|position_ids$")


@dataclass
class Checkpoint:
    """One task: its encoder, its head, and what the whole gives for the probes, before anything of it is changed."""

    task: str
    directory: Path
    tokenizer: CheckpointTokenizer
    encoder: PreTrainedModel
    head: nn.Module
    kind: str
    labels: list[str]
    max_length: int
    run: Callable[[Tensor, Tensor], Tensor]  # ids and mask [batch, sequence] -> logits [batch, labels], as transformers computes them
    left_out: list[str] = field(default_factory=list)
    reference: list[np.ndarray] = field(default_factory=list)  # float32 [labels] per probe


def load(task: str, directory: Path, labels: list[str] | None, head: Path | None, assume_classifier: bool) -> Checkpoint:
    """A checkpoint from the disk alone, in fp32, checked for what a bundle can hold."""
    if (directory / "adapter_config.json").is_file():
        raise refuse(f"{directory}: expected a whole model, found an adapter; merge it into its base first (PEFT: merge_and_unload)")
    if not (directory / "config.json").is_file():
        raise refuse(f"expected a checkpoint for {task} at {directory}, found no config.json there")
    config = read_config(directory)
    checkpoint = (
        load_sentence_body(task, directory, config, labels, head)
        if head or is_sentence_body(directory)
        else load_classifier(task, directory, config, labels, assume_classifier)
    )
    refuse_labels(checkpoint)
    rows = checkpoint.encoder.get_input_embeddings().num_embeddings
    if checkpoint.tokenizer.highest_id >= rows:
        raise refuse(
            f"{directory}: expected a row in the model's table for every token id, found ids up to {checkpoint.tokenizer.highest_id} and "
            f"{rows} rows; tokens were added without resize_token_embeddings, or the tokenizer is another model's"
        )
    return checkpoint


def read_config(directory: Path) -> PretrainedConfig:
    stored = json.loads((directory / "config.json").read_text(encoding="utf-8"))
    kind = stored.get("model_type")
    if kind not in ARCHITECTURES:
        raise refuse(f"{directory}: expected model_type {', '.join(ARCHITECTURES)} (MiniLM is bert), found {kind}")
    for key, plain in {
        "position_embedding_type": ("absolute", None),
        "is_decoder": (False, None),
        "add_cross_attention": (False, None),
        "quantization_config": (None,),
        "auto_map": (None,),
    }.items():
        if stored.get(key) not in plain:
            raise refuse(f"{directory}: expected an encoder as transformers has it, found {key} {json.dumps(stored[key])[:100]}")
    return from_disk(AutoConfig, directory)


def from_disk(kind: type, directory: Path, **options: object) -> object:
    try:
        return kind.from_pretrained(directory, local_files_only=True, trust_remote_code=False, **options)
    except Exception as error:
        raise refuse(f"{directory}: transformers cannot load it: {str(error).strip().splitlines()[0]}") from error


def load_model(kind: type, directory: Path, config: PretrainedConfig) -> tuple[PreTrainedModel, list[str]]:
    """The model with every weight of the checkpoint in its place, and the names of those that it has no use for."""
    model, report = from_disk(kind, directory, config=config, attn_implementation="eager", dtype=torch.float32, output_loading_info=True)
    if report["missing_keys"] or report.get("mismatched_keys"):
        names = sorted(map(str, report["missing_keys"] or report["mismatched_keys"]))
        raise refuse(f"{directory}: expected all weights of the model, found none that fit for {', '.join(names[:10])}")
    unexpected = sorted(report["unexpected_keys"])
    unused = [name for name in unexpected if not is_harmless(name, config.model_type)]
    if unused:
        raise refuse(f"{directory}: expected no weights but those of {type(model).__name__}, found {', '.join(unused[:10])}")
    if unexpected:
        print(f"{directory}: left out, of no use to a classifier: {', '.join(unexpected[:10])}", file=sys.stderr)
    return model.eval(), unexpected


def is_harmless(name: str, model_type: str) -> bool:
    # Only BERT's and DeBERTa's classifiers look at a pooler.
    is_unused_pooler = model_type in COUNTS_FROM_PADDING and ".pooler." in f".{name}"
    return is_unused_pooler or LEFT_OUT.search(name) is not None


def load_classifier(task: str, directory: Path, config: PretrainedConfig, labels: list[str] | None, assume_classifier: bool) -> Checkpoint:
    stated = config.architectures or []
    if stated and not any(name.endswith("ForSequenceClassification") for name in stated):
        raise refuse(f"{directory}: expected a *ForSequenceClassification with a trained head, found {', '.join(stated)}")
    if not stated and not assume_classifier:
        raise refuse(
            f"{directory}: expected architectures in config.json, found none; if it is a *ForSequenceClassification, say so with --assume-classifier"
        )
    model, left_out = load_model(AutoModelForSequenceClassification, directory, config)
    tokenizer = CheckpointTokenizer.load(directory)
    logits, kind = config.num_labels, config.problem_type
    if kind == "regression":
        raise refuse(f"{directory}: expected a classifier, found problem_type regression: a number is no label")
    head: nn.Module = ClassifierHead(model)

    def run(ids: Tensor, mask: Tensor) -> Tensor:
        found = model(input_ids=ids, attention_mask=mask).logits
        return torch.cat([torch.zeros_like(found), found], dim=1) if isinstance(head, OneLogit) else found

    if logits == 1 and kind != PROBLEM_TYPES[1]:
        if labels is None or len(labels) != 2:
            raise refuse(
                f"{directory}: found one logit and problem_type {kind}: a sigmoid's, or a regression's? If it is a sigmoid's, name the "
                f"labels below and above a half with --labels {task}=below,above"
            )
        head, kind = OneLogit(head), PROBLEM_TYPES[0]
    names = labels or [str(config.id2label[number]) for number in range(logits)]
    if not isinstance(head, OneLogit) and len(names) != logits:
        raise refuse(f"--labels {task}: expected {logits} labels, one per logit, found {len(names)}")
    longest = min(positions(config), tokenizer.max_length or positions(config))
    return Checkpoint(task, directory, tokenizer, model.base_model, head, kind or PROBLEM_TYPES[0], names, longest, run, left_out)


def load_sentence_body(task: str, directory: Path, config: PretrainedConfig, labels: list[str] | None, path: Path | None) -> Checkpoint:
    if path is None:
        raise refuse(f"{directory} is a sentence-transformers directory, without a classifier that could be read safely: {HEAD_HINT}")
    if not is_sentence_body(directory):
        raise refuse(f"{directory}: expected a sentence-transformers directory with modules.json under the head {path}, found none")
    encoder, left_out = load_model(AutoModel, directory, config)
    linear = LinearHead(path)
    head: nn.Module = SentenceHead(directory, linear)
    names, logits = labels or label_names(directory, linear), linear.linear.out_features
    if logits == 1:
        head = OneLogit(head)
    if names is None or len(names) != max(2, logits):
        raise refuse(f"{path}: expected {max(2, logits)} labels, in the file or with --labels {task}=..., found {names}")
    tokenizer = CheckpointTokenizer.load(directory)
    limits = [positions(config), tokenizer.max_length, longest_sequence(directory)]
    longest = min(limit for limit in limits if limit)

    def run(ids: Tensor, mask: Tensor) -> Tensor:
        return head(encoder(input_ids=ids, attention_mask=mask).last_hidden_state, mask)

    return Checkpoint(task, directory, tokenizer, encoder, head, PROBLEM_TYPES[0], names, longest, run, left_out)


def refuse_labels(checkpoint: Checkpoint) -> None:
    """What labels cannot be: they stand in cells, several of them with a semicolon between."""
    labels, way = checkpoint.labels, f"name them with --labels {checkpoint.task}=one,two,..."
    for label in labels:
        if not label or label != label.strip() or not label.isprintable() or ";" in label:
            raise refuse(f"{checkpoint.directory}: expected labels that are words without a semicolon, found {label!r}; {way}")
        if labels.count(label) > 1:
            raise refuse(f"{checkpoint.directory}: expected every label once, found {label!r} twice; {way}")
    if all(re.fullmatch(r"LABEL_\d+", label) for label in labels):
        print(f"{checkpoint.directory}: the labels have no names ({', '.join(labels[:3])}); {way}", file=sys.stderr)


def positions(config: PretrainedConfig) -> int:
    """Tokens that the position table has room for."""
    if config.model_type not in COUNTS_FROM_PADDING:
        return config.max_position_embeddings
    if config.pad_token_id is None:
        raise refuse(f"expected a pad_token_id in the config of {config.model_type}, which counts positions from it, found none")
    return config.max_position_embeddings - (config.pad_token_id + 1)


def pad_id(checkpoint: Checkpoint) -> int:
    """What shorter texts of a batch are filled up with; masked, so any id does where nothing is stated."""
    stated = [checkpoint.encoder.config.pad_token_id, checkpoint.tokenizer.auto.pad_token_id, 0]
    return next(id for id in stated if id is not None)


def measure_reference(checkpoint: Checkpoint, texts: list[str], max_length: int) -> list[list[int]]:
    """Ids and logits of the checkpoint as transformers runs it, before encoders are shared; returns the ids."""
    ids = checkpoint.tokenizer.ids(texts, max_length)
    with torch.no_grad():
        for row in ids:
            inputs = torch.tensor([row])
            checkpoint.reference.append(checkpoint.run(inputs, torch.ones_like(inputs))[0].numpy())
    return ids


def share_encoder(checkpoints: list[Checkpoint]) -> None:
    """Refuses several tasks that are not over one encoder and tokenizer; afterwards they hold the first one's."""
    first, *others = checkpoints
    for other in others:
        refuse_other_config(first, other)
        refuse_other_tokenizer(first, other)
        mine, theirs = (dict(each.encoder.named_parameters()) for each in (first, other))
        names = [name for name in mine.keys() | theirs.keys() if not name.startswith("pooler.")]
        different = [name for name in names if name not in mine or name not in theirs or not torch.equal(mine[name], theirs[name])]
        if different:
            raise refuse(
                f"expected {first.task} and {other.task} to share one encoder, found other values in {min(different)}; "
                "train the heads together, or with the encoder frozen, or import them into two bundles"
            )
        other.encoder = first.encoder


def refuse_other_config(first: Checkpoint, other: Checkpoint) -> None:
    mine, theirs = (each.encoder.config.to_dict() for each in (first, other))
    for key in sorted((mine.keys() | theirs.keys()) - NOT_THE_ENCODERS):
        if mine.get(key) != theirs.get(key):
            raise refuse(
                f"expected {first.task} and {other.task} to share one encoder, found {key} {json.dumps(mine.get(key))} and "
                f"{json.dumps(theirs.get(key))} in their config.json; import them into two bundles"
            )


def refuse_other_tokenizer(first: Checkpoint, other: Checkpoint) -> None:
    mine, theirs = first.tokenizer.json, other.tokenizer.json
    parts = [key for key in mine.keys() | theirs.keys() if key not in ("decoder", "version") and mine.get(key) != theirs.get(key)]
    if parts:
        raise refuse(
            f"expected {first.task} and {other.task} to share one tokenizer, found another {', '.join(sorted(parts))} in {other.directory}; "
            "import them into two bundles"
        )


def trim_model(encoder: PreTrainedModel, tokenizer: dict, pad: int, texts: list[str]) -> tuple[dict, list[int]]:
    """Cuts the tokenizer and the model's embeddings alike; returns the tokenizer and the old id of each new one."""
    if tokenizer["model"]["type"] == "BPE":
        raise refuse(
            "expected a Unigram or WordPiece tokenizer to trim, found BPE, whose pieces are made of each other; leave out --trim-vocab"
        )
    trimmed, old_ids = trim_vocabulary.trim(tokenizer, texts, keep_too={pad})
    if encoder.config.model_type in COUNTS_FROM_PADDING and old_ids.index(pad) != pad:
        raise refuse("expected the padding's id to stay, because the model counts positions from it; it moved")
    table = encoder.get_input_embeddings()
    encoder.set_input_embeddings(nn.Embedding.from_pretrained(table.weight.data[old_ids], padding_idx=old_ids.index(pad)))
    print(f"vocabulary: {len(old_ids)} of {table.num_embeddings} pieces kept", file=sys.stderr)
    return trimmed, old_ids
