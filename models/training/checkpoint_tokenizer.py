"""The tokenizer of a checkpoint: as AutoTokenizer makes it, of a shape that voxpop reads, and the ids it gives."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Self

from transformers import AutoTokenizer, PreTrainedTokenizerBase

from refusal import Refusal, refuse

SHAPES = {
    "Unigram": [
        "WhitespaceSplit",
        "Metaspace always",
        "Metaspace never",
        "WhitespaceSplit, Metaspace always",
        "WhitespaceSplit, Metaspace never",
    ],
    "WordPiece": ["BertPreTokenizer"],
    "BPE": ["Split Isolated", "Split Isolated, ByteLevel", "ByteLevel", "ByteLevel with prefix"],
}
OPTIONS = {"Unigram": ["byte_fallback"], "BPE": ["dropout", "continuing_subword_prefix", "end_of_word_suffix", "byte_fallback"]}
NORMALIZERS = {
    "BertNormalizer", "Precompiled", "NFC", "NFD", "NFKC", "NFKD", "Lowercase", "StripAccents", "Strip", "Replace", "Prepend",
}  # fmt: skip
UNLIMITED = 100_000  # transformers writes model_max_length as a number beyond all bounds where there is none


class CheckpointTokenizer:
    """AutoTokenizer's ids are the truth: they are what the checkpoint was run with."""

    def __init__(self, auto: PreTrainedTokenizerBase, directory: Path) -> None:
        self.auto, self.directory = auto, directory
        self.json: dict = json.loads(auto.backend_tokenizer.to_str()) | {"truncation": None, "padding": None}
        self.max_length = self.auto.model_max_length if self.auto.model_max_length < UNLIMITED else None
        if self.auto.truncation_side != "right":
            raise refuse(f"{directory}: expected long texts to be cut at their end, found truncation_side {self.auto.truncation_side}")
        refuse_other_shapes(self.json, directory)
        self._name_differences()

    @classmethod
    def load(cls, directory: Path) -> Self:
        try:
            auto = AutoTokenizer.from_pretrained(directory, local_files_only=True, trust_remote_code=False)
            return cls(auto, directory)
        except Refusal:
            raise
        except Exception as error:
            raise refuse(f"{directory}: transformers makes no fast tokenizer of it: {str(error).strip().splitlines()[0]}") from error

    def ids(self, texts: Sequence[str], max_length: int) -> list[list[int]]:
        return [self.auto(text, truncation=True, max_length=max_length)["input_ids"] for text in texts]

    @property
    def special(self) -> set[str]:
        return {token["content"] for token in self.json["added_tokens"] if token["special"]}

    @property
    def highest_id(self) -> int:
        """Of what a text can have; special tokens only where they stand around every text, or for unknown pieces."""
        unknown = {self.auto.unk_token}
        pieces = {id for piece, id in self.auto.get_vocab().items() if piece not in self.special - unknown}
        return max(pieces | set(self.auto("")["input_ids"]))

    def _name_differences(self) -> None:
        path = self.directory / "tokenizer.json"
        on_disk = json.loads(path.read_text(encoding="utf-8")) if path.exists() else self.json
        others = [
            key for key in ("normalizer", "pre_tokenizer", "post_processor", "added_tokens") if on_disk.get(key) != self.json.get(key)
        ]
        if others:
            print(
                f"{path}: AutoTokenizer reads the {', '.join(others)} otherwise (tokenizer_config.json); so does the bundle",
                file=sys.stderr,
            )


def refuse_other_shapes(tokenizer: dict, directory: Path) -> None:
    """The list is that of voxpop's reader, src/predictor/tokenizer-shape.ts."""
    model = tokenizer["model"]
    kind = model.get("type")
    used = next((option for option in OPTIONS.get(kind, []) if model.get(option)), None)
    found = ", ".join(map(describe, steps_of(tokenizer["pre_tokenizer"], "pretokenizers"))) or "no pre-tokenizer"
    if kind not in SHAPES:
        problem = f"the model {kind}"
    elif used:
        problem = f"{kind} with {used} {model[used]}"
    elif kind == "Unigram" and model.get("unk_id") is None:
        problem = "Unigram without unk_id"
    elif found not in SHAPES[kind]:
        problem = f"{kind} with {found}"
    else:
        others = [step["type"] for step in steps_of(tokenizer["normalizer"], "normalizers") if step["type"] not in NORMALIZERS]
        if not others:
            return
        problem = f"the normalizer {others[0]}"
    known = "; ".join(f"{name} with {' or '.join(shapes)}" for name, shapes in SHAPES.items())
    raise refuse(f"{directory}: expected a tokenizer of a kind that voxpop reads ({known}), found {problem}")


def steps_of(config: dict | None, key: str) -> list[dict]:
    if config is None:
        return []
    return [step for each in config[key] for step in steps_of(each, key)] if config["type"] == "Sequence" else [config]


def describe(step: dict) -> str:
    """A step with those of its options that decide."""
    kind = step["type"]
    if kind == "Metaspace":
        old = "never" if step.get("add_prefix_space") is False else "always"
        return (
            f"Metaspace {step.get('prepend_scheme', old)}" if step.get("replacement", "▁") == "▁" else f"Metaspace of {step['replacement']}"
        )
    if kind == "Split":
        return "Split inverted" if step.get("invert") else f"Split {step['behavior']}"
    return "ByteLevel with prefix" if kind == "ByteLevel" and step.get("add_prefix_space") else kind
