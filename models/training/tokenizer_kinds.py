"""Trains small tokenizers of the kinds that bundles have, for the tests: XLM-R's, BERT's and GPT-2's."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

import sentencepiece
from sentencepiece import sentencepiece_model_pb2
from tokenizers import Tokenizer, normalizers
from tokenizers.decoders import WordPiece as WordPieceDecoder
from tokenizers.models import BPE, WordPiece
from tokenizers.pre_tokenizers import BertPreTokenizer, ByteLevel
from tokenizers.processors import RobertaProcessing, TemplateProcessing
from tokenizers.trainers import BpeTrainer, WordPieceTrainer
from transformers import XLMRobertaTokenizer

XLM_ROBERTA_SPECIAL = ["<s>", "<pad>", "</s>", "<unk>"]
BERT_SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def train_xlm_roberta(texts: Sequence[str], pieces: int, **options: object) -> Tokenizer:
    """Unigram with sentencepiece's own normalisation (nmt_nfkc), put together by transformers as for XLM-R."""
    with tempfile.TemporaryDirectory() as folder:
        prefix = Path(folder, "pieces")
        sentencepiece.SentencePieceTrainer.train(
            sentence_iterator=iter([line for text in texts for line in text.splitlines() if line.strip()]),
            model_prefix=str(prefix),
            vocab_size=pieces,
            hard_vocab_limit=False,
            num_threads=2,
            minloglevel=2,
            **options,
        )
        model = sentencepiece_model_pb2.ModelProto()
        model.ParseFromString(prefix.with_suffix(".model").read_bytes())
    normal = [(piece.piece, piece.score) for piece in model.pieces if piece.type == piece.NORMAL]
    # XLM-R's order: special pieces, pieces, the mask.
    vocab = [*((piece, 0.0) for piece in XLM_ROBERTA_SPECIAL), *normal, ("<mask>", 0.0)]
    charsmap = model.normalizer_spec.precompiled_charsmap
    return XLMRobertaTokenizer(vocab=vocab, _spm_precompiled_charsmap=charsmap).backend_tokenizer


def train_bert(texts: Sequence[str], pieces: int, lowercase: bool) -> Tokenizer:
    """WordPiece, as in mBERT (cased) and the first BERT (uncased)."""
    tokenizer = Tokenizer(WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lowercase)
    tokenizer.pre_tokenizer = BertPreTokenizer()
    tokenizer.decoder = WordPieceDecoder()
    tokenizer.train_from_iterator(texts, WordPieceTrainer(vocab_size=pieces, special_tokens=BERT_SPECIAL, show_progress=False))
    ids = [(token, tokenizer.token_to_id(token)) for token in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = TemplateProcessing(single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=ids)
    return tokenizer


def train_byte_level(texts: Sequence[str], pieces: int) -> Tokenizer:
    """Byte-pair encoding of bytes, as in GPT-2 and RoBERTa."""
    tokenizer = Tokenizer(BPE())
    tokenizer.pre_tokenizer = ByteLevel(add_prefix_space=False)
    special = ["<s>", "<pad>", "</s>", "<unk>"]
    trainer = BpeTrainer(vocab_size=pieces, special_tokens=special, initial_alphabet=ByteLevel.alphabet(), show_progress=False)
    tokenizer.train_from_iterator(texts, trainer)
    tokenizer.post_processor = RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=False)
    return tokenizer
