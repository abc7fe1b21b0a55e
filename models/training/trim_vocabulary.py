"""Cuts a tokenizer's vocabulary down to the pieces that some texts need, and what splits every other text."""

import json
import re
from collections.abc import Iterable, Set

from tokenizers import Tokenizer

BYTE_PIECE = re.compile(r"<0x[0-9A-F]{2}>")


def trim(tokenizer: dict, texts: list[str], keep_too: Set[int] = frozenset()) -> tuple[dict, list[int]]:
    """The smaller tokenizer.json, and the old id of each new one, ascending.

    Kept: special tokens, single characters, byte pieces, the ids `keep_too`, and what the texts use. The texts have the same pieces
    afterwards, which is checked; other texts may be split into more pieces, so their labels may change.
    """
    before = Tokenizer.from_str(json.dumps(tokenizer))
    before.no_truncation()
    before.no_padding()
    expected = [encoding.ids for encoding in before.encode_batch(texts)]
    keep = {id for ids in expected for id in ids} | always_kept(tokenizer) | keep_too
    while True:
        old_ids = sorted(keep)
        after = rebuild(tokenizer, old_ids)
        encodings = Tokenizer.from_str(json.dumps(after)).encode_batch(texts)
        other = [
            text for text, ids, encoding in zip(texts, expected, encodings, strict=True) if [old_ids[id] for id in encoding.ids] != ids
        ]
        if not other:
            return after, old_ids
        # A word that no pieces fit is unknown only while the long piece that led astray is there.
        more = pieces_inside(before, other) - keep
        if not more:
            raise SystemExit(f"expected the trimmed vocabulary to split every text as before, found another split of {other[0]!r}")
        keep |= more


def pieces_of(tokenizer: dict) -> list[tuple[str, int]]:
    vocab = tokenizer["model"]["vocab"]
    return list(vocab.items()) if isinstance(vocab, dict) else [(piece, id) for id, (piece, _) in enumerate(vocab)]


def always_kept(tokenizer: dict) -> set[int]:
    model = tokenizer["model"]
    special = {token["id"] for token in tokenizer["added_tokens"]}
    prefix = model.get("continuing_subword_prefix") or ""
    kept = {id for piece, id in pieces_of(tokenizer) if len(piece) == 1 or BYTE_PIECE.fullmatch(piece)}
    kept |= {id for piece, id in pieces_of(tokenizer) if prefix and piece.startswith(prefix) and len(piece) == len(prefix) + 1}
    if model["type"] == "Unigram":
        # An unknown character costs ten more than the worst piece: without that one, unknown would become cheaper.
        kept |= {model["unk_id"], min(range(len(model["vocab"])), key=lambda id: model["vocab"][id][1])}
    else:
        kept.add(model["vocab"][model["unk_token"]])
    return special | kept


def pieces_inside(tokenizer: Tokenizer, texts: Iterable[str]) -> set[int]:
    """Every piece that stands somewhere in a word of the texts, wherever the tokenizer would cut it."""
    prefix = json.loads(tokenizer.to_str())["model"].get("continuing_subword_prefix") or ""
    found: set[int | None] = set()
    words = set()
    for text in texts:
        normal = tokenizer.normalizer.normalize_str(text) if tokenizer.normalizer else text
        words |= {word for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(normal)}
    for word in words:
        for start in range(len(word)):
            for end in range(start + 1, min(len(word), start + 100) + 1):
                found |= {tokenizer.token_to_id(word[start:end]), tokenizer.token_to_id(prefix + word[start:end])}
    return {id for id in found if id is not None}


def rebuild(tokenizer: dict, old_ids: list[int]) -> dict:
    new_ids = {old: new for new, old in enumerate(old_ids)}
    after = json.loads(json.dumps({**tokenizer, "model": {**tokenizer["model"], "vocab": []}}))
    model, vocab = after["model"], tokenizer["model"]["vocab"]
    if isinstance(vocab, dict):
        model["vocab"] = {piece: new_ids[id] for piece, id in vocab.items() if id in new_ids}
    else:
        model["vocab"] = [vocab[id] for id in old_ids if id < len(vocab)]
        model["unk_id"] = new_ids[model["unk_id"]]
    after["added_tokens"] = [{**token, "id": new_ids[token["id"]]} for token in tokenizer["added_tokens"]]
    after["post_processor"] = renumber(tokenizer["post_processor"], new_ids)
    return after


def renumber(processor: dict | None, new_ids: dict[int, int]) -> dict | None:
    """Special tokens of the post-processor, under their new ids."""
    if processor is None:
        return None
    after = dict(processor)
    if processor["type"] == "Sequence":
        after["processors"] = [renumber(each, new_ids) for each in processor["processors"]]
    elif processor["type"] == "TemplateProcessing":
        after["special_tokens"] = {
            name: {**token, "ids": [new_ids[id] for id in token["ids"]]} for name, token in processor["special_tokens"].items()
        }
    for key in {"cls", "sep"} & processor.keys():
        name, id = processor[key]
        after[key] = [name, new_ids[id]]
    return after
