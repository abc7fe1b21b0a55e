"""Compares voxpop's token ids with those of the Rust tokenizers, on many texts and several kinds of tokenizer.

python compare_tokens.py --data DATA [--texts 120000] [--tokenizer tokenizer.json ...]

The tokenizers are those given, or else trained here on some of the texts: XLM-R's kind (Unigram, sentencepiece's nmt_nfkc), with white space split
first or by Metaspace alone, and BERT's (WordPiece), cased like mBERT and uncased. Needs `npm run build` before.
"""

import argparse
import json
import lzma
import subprocess
import sys
import tempfile
from collections import Counter
from itertools import zip_longest
from pathlib import Path

from tokenizers import Tokenizer
from tokenizers.pre_tokenizers import Metaspace

from tokenizer_kinds import train_bert, train_xlm_roberta

ROOT = Path(__file__).parents[2]
PRINT_TOKEN_IDS = ROOT / "dist/test/support/print-token-ids.js"


def read_texts(data: Path, count: int) -> list[tuple[str, str]]:
    """(language, text), the languages in turns until there are enough; voxpop drops the white space around a text."""
    languages = []
    for path in sorted(data.glob("*.jsonl.xz")):
        with lzma.open(path, "rt", encoding="utf-8") as file:
            languages.append([(path.name.split(".")[0], json.loads(line)["text"].strip()) for line in file])
    turns = (row for rows in zip_longest(*languages) for row in rows if row is not None)
    return [row for row, _ in zip(turns, range(count), strict=False)]


def voxpop_ids(tokenizer: Tokenizer, texts: list[str]) -> list[list[int]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "tokenizer.json")
        tokenizer.save(str(path))
        lines = "".join(json.dumps(text) + "\n" for text in texts)
        done = subprocess.run(["node", PRINT_TOKEN_IDS, path], input=lines, capture_output=True, text=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def differences(tokenizer: Tokenizer, texts: list[str]) -> list[int]:
    """Which texts have other ids; a special token written in a text is plain text for voxpop alone, and does not count."""
    special = [token.content for token in tokenizer.get_added_tokens_decoder().values()]
    mine = voxpop_ids(tokenizer, texts)
    frame = len(tokenizer.encode("").ids)
    found = []
    for number, (text, ids, encoding) in enumerate(zip(texts, mine, tokenizer.encode_batch(texts), strict=True)):
        expected = encoding.ids if len(encoding.ids) > frame else []
        if ids != expected and not any(token in text for token in special):
            found.append(number)
    return found


def trained_kinds(sample: list[str]) -> dict[str, Tokenizer]:
    xlm_roberta = train_xlm_roberta(sample, 32_000)
    metaspace = Tokenizer.from_str(xlm_roberta.to_str())
    metaspace.pre_tokenizer = Metaspace()
    return {
        "xlm-roberta": xlm_roberta,
        "xlm-roberta, Metaspace alone": metaspace,
        "bert cased": train_bert(sample, 30_000, lowercase=False),
        "bert uncased": train_bert(sample, 30_000, lowercase=True),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--texts", type=int, default=120_000)
    parser.add_argument("--show", type=int, default=5, help="differing texts to show per tokenizer")
    parser.add_argument("--tokenizer", type=Path, action="append", default=[], help="a tokenizer.json to compare instead of trained ones")
    arguments = parser.parse_args()
    rows = read_texts(arguments.data, arguments.texts)
    texts = [text for _, text in rows]
    print(f"{len(texts)} texts in {len({language for language, _ in rows})} languages", file=sys.stderr)
    kinds = {str(path): Tokenizer.from_file(str(path)) for path in arguments.tokenizer} or trained_kinds(texts[::4])
    total = 0
    for name, tokenizer in kinds.items():
        found = differences(tokenizer, texts)
        total += len(found)
        print(f"{name}: {len(found)} of {len(texts)} differ {dict(Counter(rows[number][0] for number in found))}")
        for number in found[: arguments.show]:
            mine = voxpop_ids(tokenizer, [texts[number]])[0]
            theirs = tokenizer.encode(texts[number]).ids
            at = next(i for i, (a, b) in enumerate(zip_longest(mine, theirs)) if a != b)
            pieces = [[tokenizer.id_to_token(i) for i in ids[max(0, at - 2) : at + 5]] for ids in (mine, theirs)]
            print(json.dumps({"text": texts[number][:200], "voxpop": pieces[0], "tokenizers": pieces[1]}, ensure_ascii=False))
    sys.exit(1 if total else 0)


if __name__ == "__main__":
    main()
