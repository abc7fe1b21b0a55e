"""Step 2, tokenizer: trains the subword vocabulary and encodes every text of the corpus.

Writes tokenizer.json, and ids.npz: the ids of every text (no special tokens) as one flat array
with offsets, plus a second, noisy encoding of a share of the train texts.
"""

import json
import random
import sys
import unicodedata
from pathlib import Path

import numpy as np
from tokenizers import Regex, Tokenizer, decoders, normalizers, pre_tokenizers, processors
from tokenizers.models import BPE
from tokenizers.trainers import BpeTrainer

from corpus import PARALLEL, TRAIN
from settings import arguments, load

PAD, BOS, EOS, UNK = "<pad>", "<s>", "</s>", "<unk>"  # ids 0 to 3
SPACE = "\u2581"

# Folds differences that carry no meaning here, so that shouting, old keyboards and copied
# formatting give the same ids. Dotless i folds into i: upper-case Turkish then reads as lower-case.
FOLDS = [
    (r"[\u0307\u0640\u064B-\u0652\u200B-\u200F\u202A-\u202E\u2060\uFEFF\uFE0E\uFE0F]", ""),
    (r"\u0131", "i"),
    (r"[\u0623\u0625\u0622]", "\u0627"),
    (r"\u0649", "\u064a"),
    (r"[\u2018\u2019\u00B4`]", "'"),
    (r"\s+", SPACE),
]

# A space belongs to the word after it. Runs are bounded: languages without spaces would
# otherwise give words of unbounded length (and cost).
WORDS = "|".join(
    [
        SPACE + r"?[\u0E00-\u0E7F]{1,32}",
        SPACE + r"?[\u3400-\u4DBF\u4E00-\u9FFF]{1,16}",
        SPACE + r"?[\u3041-\u30FF]{1,16}",
        SPACE + r"?[\p{L}\p{M}']{1,32}",
        SPACE + r"?\p{N}{1,2}",
        SPACE + r"?[^" + SPACE + r"\p{L}\p{M}\p{N}']",
        SPACE,
    ]
)


def new_tokenizer() -> Tokenizer:
    tokenizer = Tokenizer(BPE(unk_token=UNK, fuse_unk=False))
    folds = [normalizers.Replace(Regex(pattern), to) for pattern, to in FOLDS]
    # Strip comes before Prepend so that an outer space makes no difference.
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.NFKC(), normalizers.Lowercase(), normalizers.Strip(), *folds, normalizers.Prepend(SPACE)]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(WORDS), behavior="isolated")
    tokenizer.decoder = decoders.Sequence([decoders.Replace(SPACE, " "), decoders.Fuse()])
    return tokenizer


def sample(texts: list[str], rows: dict[str, np.ndarray], chars_per_language: int, seed: int) -> list[str]:
    """Train texts, shuffled, up to an equal number of characters per language."""
    rng = np.random.default_rng(seed)
    left = np.full(rows["language"].max() + 1, chars_per_language)
    chosen = []
    for index in rng.permutation(len(texts)):
        language = rows["language"][index]
        if rows["split"][index] in (TRAIN, PARALLEL) and left[language] > 0:
            left[language] -= len(texts[index])
            chosen.append(texts[index])
    return chosen


def train(texts: list[str], config: dict) -> Tokenizer:
    tokenizer = new_tokenizer()
    trainer = BpeTrainer(
        vocab_size=config["pieces"],
        limit_alphabet=config["alphabet"],
        min_frequency=config["min_frequency"],
        max_token_length=16,
        special_tokens=[PAD, BOS, EOS, UNK],
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{BOS} $A {EOS}", special_tokens=[(BOS, tokenizer.token_to_id(BOS)), (EOS, tokenizer.token_to_id(EOS))]
    )
    return tokenizer


def noisy(text: str, rng: random.Random) -> str:
    """The text as someone in a hurry types it."""
    if rng.random() < 0.4:
        decomposed = unicodedata.normalize("NFD", text)
        stripped = "".join(c for c in decomposed if not ("\u0300" <= c <= "\u036f"))
        text = unicodedata.normalize("NFC", stripped).replace("đ", "d").replace("ø", "o")
    characters = list(text)
    for _ in range(rng.randrange(1 + len(characters) // 25)):
        at = rng.randrange(len(characters))
        kind = rng.randrange(3)
        if kind == 0:
            del characters[at]
        elif kind == 1:
            characters.insert(at, characters[at])
        elif at + 1 < len(characters):
            characters[at], characters[at + 1] = characters[at + 1], characters[at]
        if not characters:
            return text
    return "".join(characters)


def encode(tokenizer: Tokenizer, texts: list[str], longest: int) -> tuple[np.ndarray, np.ndarray]:
    flat, lengths = [], []
    for start in range(0, len(texts), 20000):
        for encoding in tokenizer.encode_batch(texts[start : start + 20000], add_special_tokens=False):
            ids = np.array(encoding.ids[:longest], np.uint16)
            flat.append(ids)
            lengths.append(len(ids))
    return np.concatenate(flat), np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)


def build(work: Path, config: dict, earlier: Path | None) -> None:
    settings = config["tokenizer"]
    texts = json.loads((work / "texts.json").read_text(encoding="utf-8"))
    rows = dict(np.load(work / "rows.npz"))
    if earlier:
        tokenizer = Tokenizer.from_file(str(earlier))
    else:
        tokenizer = train(sample(texts, rows, settings["chars_per_language"], settings["seed"]), settings)
    tokenizer.save(str(work / "tokenizer.json"), pretty=False)
    print(f"{tokenizer.get_vocab_size()} pieces", file=sys.stderr)

    longest = config["model"]["max_length"] - 2
    ids, offsets = encode(tokenizer, texts, longest)
    rng = random.Random(settings["seed"])
    noisy_rows = [index for index in np.flatnonzero(rows["split"] == TRAIN) if rng.random() < settings["noisy_share"]]
    tokenizer.model.dropout = 0.1
    noisy_ids, noisy_offsets = encode(tokenizer, [noisy(texts[index], rng) for index in noisy_rows], longest)
    np.savez(
        work / "ids.npz",
        ids=ids,
        offsets=offsets,
        noisy_rows=np.array(noisy_rows, np.int64),
        noisy_ids=noisy_ids,
        noisy_offsets=noisy_offsets,
    )
    print(f"{len(ids)} tokens in {len(texts)} texts, {(ids == 3).mean():.4%} unknown", file=sys.stderr)


def main() -> None:
    parser = arguments(__doc__, with_tier=False)
    parser.add_argument("--vocabulary", type=Path, help="tokenizer.json of an earlier version, whose weights are to be gone on from")
    given = parser.parse_args()
    build(given.work, load(given.config), given.vocabulary)


if __name__ == "__main__":
    main()
