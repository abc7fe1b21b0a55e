"""Step 4, pretrained: what the training takes over from an English sentence encoder (all-MiniLM-L6-v2).

Its layers are kept as they are; its vocabulary is replaced. A piece of ours starts as the mean of the English
pieces that it translates to, weighted by word-alignment probabilities (IBM model 1, Brown et al. 1993) over
the translations and over the English texts themselves; pieces that the translations hardly have start as
their nearest neighbours in the cross-lingual space of `embeddings.py`.

Writes alignment.npz (expected counts), start.pt (weights) and sentences.npz (the encoder's vector of every
English original, which its translations are drawn to).
"""

import json
import sys
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import load_file
from scipy import sparse
from tokenizers import Tokenizer

import languages
from batches import BOS_ID, EOS_ID, PAD_ID, UNK_ID, Corpus, collate
from corpus import PARALLEL, TRAIN
from model import Model
from settings import arguments, load, overlay
from train import model_config

MAX_ENGLISH, MAX_PIECES = 60, 70  # tokens of a pair that alignment looks at: the product is what it costs


def english_tokenizer(directory: Path) -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(directory / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def expected_counts(english: list[np.ndarray], pieces: list[np.ndarray], sizes: tuple[int, int], rounds: int) -> sparse.csr_matrix:
    """IBM model 1: how often each of our pieces (rows) gave each English piece (columns). Both lists hold id arrays of pairs."""
    left, right = np.array([len(text) for text in english]), np.array([len(text) for text in pieces])
    english_flat, pieces_flat = np.concatenate(english), np.concatenate(pieces)
    # One entry per English token and piece of the same pair; `token` says which English token.
    pair = np.repeat(np.arange(len(left)), left)
    fan = right[pair]
    token = np.repeat(np.arange(len(english_flat), dtype=np.int32), fan)
    place = np.arange(fan.sum()) - np.repeat(np.cumsum(fan) - fan, fan)
    piece = pieces_flat[np.repeat((np.cumsum(right) - right)[pair], fan) + place]
    code, entry = np.unique(piece * sizes[1] + english_flat[token], return_inverse=True)
    of_piece = code // sizes[1]
    probability = np.ones(len(code))
    for _ in range(rounds):
        weight = probability[entry]
        weight /= np.bincount(token, weight)[token]
        counts = np.bincount(entry, weight, minlength=len(code))
        probability = counts / np.bincount(of_piece, counts, minlength=sizes[0])[of_piece]
    kept = counts > 0.05
    return sparse.csr_matrix((counts[kept], (of_piece[kept], code[kept] % sizes[1])), shape=sizes)


def align(corpus: Corpus, texts: list[str], tokenizer: Tokenizer, settings: dict, pieces: int) -> sparse.csr_matrix:
    """Expected counts [pieces + 1, English pieces] over all languages; the last row is the empty word."""
    columns = corpus.columns
    usable = np.isin(columns["split"], (TRAIN, PARALLEL)) & (np.diff(corpus.offsets) > 0)
    english_code = corpus.languages.index("en")
    english_rows = np.flatnonzero(usable & (columns["language_code"] == english_code))
    original = np.full(max(1, columns["group"].max() + 1), -1)
    grouped = english_rows[columns["group"][english_rows] >= 0]
    original[columns["group"][grouped]] = grouped
    total = sparse.csr_matrix((pieces + 1, tokenizer.get_vocab_size()))
    for code, language in enumerate(corpus.languages):
        if code == english_code:
            rows = np.random.default_rng(settings["seed"]).permutation(english_rows)[: settings["english_texts"]]
            sources = rows
        else:
            rows = np.flatnonzero(usable & (columns["language_code"] == code) & (columns["group"] >= 0))
            rows = rows[original[columns["group"][rows]] >= 0]
            sources = original[columns["group"][rows]]
        encodings = tokenizer.encode_batch([texts[row] for row in sources], add_special_tokens=False)
        english = [np.array(encoding.ids, np.int64) for encoding in encodings]
        ours = [np.append(corpus.tokens(row).astype(np.int64), pieces) for row in rows]
        short = [n for n in range(len(rows)) if 0 < len(english[n]) <= MAX_ENGLISH and len(ours[n]) <= MAX_PIECES]
        if short:
            total = total + expected_counts([english[n] for n in short], [ours[n] for n in short], total.shape, settings["rounds"])
        print(f"aligned {language}: {len(short)} pairs", file=sys.stderr, flush=True)
    return total


def transplant(counts: sparse.csr_matrix, table: np.ndarray, special: dict[int, int], neighbours: np.ndarray, settings: dict) -> np.ndarray:
    """Start values [pieces, width] for our pieces, from the English `table`."""
    pieces = len(neighbours)
    counts = counts[:pieces].tocsr()
    seen = np.asarray(counts.sum(1)).ravel()
    share = sparse.diags(1 / np.maximum(seen, 1e-9)) @ counts
    share.data[share.data < settings["least_share"]] = 0
    share.eliminate_zeros()
    mass = np.asarray(share.sum(1)).ravel()
    known = (seen >= settings["least_count"]) & (mass > 0.1)
    share = sparse.diags(np.where(mass > 0, 1 / np.maximum(mass, 1e-9), 0)) @ share
    vectors = np.asarray(share @ table)
    # A mean is shorter than its parts; the layers expect the usual length.
    usual = np.asarray(share @ np.linalg.norm(table, axis=1))
    vectors *= (usual / np.maximum(np.linalg.norm(vectors, axis=1), 1e-9))[:, None]

    space = neighbours / np.maximum(np.linalg.norm(neighbours, axis=1, keepdims=True), 1e-9)
    anchors = np.flatnonzero(known)
    length = np.linalg.norm(table, axis=1).mean()
    for chunk in np.array_split(np.flatnonzero(~known), 50):
        closeness = space[chunk] @ space[anchors].T
        best = np.argpartition(-closeness, 10, axis=1)[:, :10]
        weight = np.exp(np.take_along_axis(closeness, best, 1) * 10)
        mixed = (weight[:, :, None] * vectors[anchors[best]]).sum(1)
        vectors[chunk] = mixed * length / np.maximum(np.linalg.norm(mixed, axis=1, keepdims=True), 1e-9)
    for ours, english in special.items():
        vectors[ours] = table[english]
    print(f"{known.sum()} of {pieces} pieces from alignment, the rest from neighbours", file=sys.stderr)
    return vectors.astype(np.float32)


def take_layers(model: Model, weights: dict[str, torch.Tensor], kept: list[int]) -> None:
    with torch.no_grad():
        model.positions.copy_(
            weights["embeddings.position_embeddings.weight"][: len(model.positions)] + weights["embeddings.token_type_embeddings.weight"][0]
        )
        model.embedding_norm.load_state_dict({name: weights[f"embeddings.LayerNorm.{name}"] for name in ("weight", "bias")})
        for number, layer in zip(kept, model.layers, strict=True):
            prefix = f"encoder.layer.{number}."
            for name in ("weight", "bias"):
                for part in ("query", "key", "value"):
                    getattr(getattr(layer, part), name).copy_(weights[f"{prefix}attention.self.{part}.{name}"])
                getattr(layer.attention_out, name).copy_(weights[f"{prefix}attention.output.dense.{name}"])
                getattr(layer.attention_norm, name).copy_(weights[f"{prefix}attention.output.LayerNorm.{name}"])
                getattr(layer.feed_forward_in, name).copy_(weights[f"{prefix}intermediate.dense.{name}"])
                getattr(layer.feed_forward_out, name).copy_(weights[f"{prefix}output.dense.{name}"])
                getattr(layer.feed_forward_norm, name).copy_(weights[f"{prefix}output.LayerNorm.{name}"])


@torch.inference_mode()
def sentence_vectors(model: Model, corpus: Corpus, texts: list[str], tokenizer: Tokenizer, longest: int) -> tuple[np.ndarray, np.ndarray]:
    """(groups [N], unit vectors float16 [N, width]) of the English originals of all translations."""
    columns = corpus.columns
    usable = np.isin(columns["split"], (TRAIN, PARALLEL)) & (columns["group"] >= 0)
    rows = np.flatnonzero(usable & (columns["language_code"] == corpus.languages.index("en")))
    ids = [np.array(e.ids, np.int64)[: longest - 2] for e in tokenizer.encode_batch([texts[r] for r in rows], add_special_tokens=False)]
    order = np.argsort([len(text) for text in ids], kind="stable")
    begin, end, fill = (tokenizer.token_to_id(name) for name in ("[CLS]", "[SEP]", "[PAD]"))
    vectors = np.zeros((len(rows), model.embedding.embedding_dim), np.float16)
    model.eval()
    for start in range(0, len(order), 256):
        chosen = order[start : start + 256]
        input_ids, mask = collate([ids[row] for row in chosen], longest, (fill, begin, end))
        with torch.autocast("cpu", torch.bfloat16):
            mean = model.features(input_ids, mask).mean.float()
        vectors[chosen] = torch.nn.functional.normalize(mean, dim=-1).numpy().astype(np.float16)
    return columns["group"][rows], vectors


def build(work: Path, config: dict, threads: int) -> None:
    settings = config["pretrained"]
    torch.set_num_threads(threads)
    directory = Path(find_spec(settings["package"]).origin).parent / "model"
    corpus = Corpus.load(work)
    texts = json.loads((work / "texts.json").read_text(encoding="utf-8"))
    tokenizer = english_tokenizer(directory)
    neighbours = np.load(work / "embeddings.npy")
    if not (work / "alignment.npz").exists():
        sparse.save_npz(work / "alignment.npz", align(corpus, texts, tokenizer, settings, len(neighbours)))
    counts = sparse.load_npz(work / "alignment.npz")
    weights = load_file(directory / "model.safetensors")
    table = weights["embeddings.word_embeddings.weight"]
    names = {PAD_ID: "[PAD]", BOS_ID: "[CLS]", EOS_ID: "[SEP]", UNK_ID: "[UNK]"}
    special = {ours: tokenizer.token_to_id(name) for ours, name in names.items()}
    model = Model(model_config(config, len(neighbours)))
    take_layers(model, weights, settings["layers"])
    start = transplant(counts, table.numpy(), special, neighbours, settings)
    model.embedding.weight.data.copy_(torch.from_numpy(start))
    model.piece_languages.weight.data.copy_(languages.fit(corpus, len(neighbours), settings))
    torch.save(model.state_dict(), work / "start.pt")

    depth = 1 + max(int(name.split(".")[2]) for name in weights if name.startswith("encoder.layer."))
    whole = Model(model_config(overlay(config, {"model": {"layers": depth}}), len(table)))
    take_layers(whole, weights, list(range(depth)))
    whole.embedding.weight.data.copy_(table)
    groups, vectors = sentence_vectors(whole, corpus, texts, tokenizer, config["model"]["max_length"])
    np.savez(work / "sentences.npz", groups=groups, vectors=vectors)
    print(f"{len(groups)} English originals", file=sys.stderr)


def main() -> None:
    given = arguments(__doc__, with_threads=True).parse_args()
    build(given.work, load(given.config, given.tier), given.threads)


if __name__ == "__main__":
    main()
