"""Small tokenizers of the published kinds, trained on text that is made here: the same ones every time."""

from __future__ import annotations

import io
from random import Random
from typing import TYPE_CHECKING

from tokenizers import AddedToken, Regex, Tokenizer, decoders, normalizers, pre_tokenizers
from tokenizers.models import BPE
from tokenizers.trainers import BpeTrainer

from inference.checkpoints import sentencepiece_model as spm
from inference.checkpoints.sentencepiece_model import Piece, encode_piece, parse_model

if TYPE_CHECKING:
    from collections.abc import Iterator

QWEN_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}"
    r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
QWEN_SPECIAL = [
    "<|endoftext|>",
    "<|im_start|>",
    "<|im_end|>",
    "<|object_ref_start|>",
    "<|object_ref_end|>",
    "<|box_start|>",
    "<|box_end|>",
    "<|quad_start|>",
    "<|quad_end|>",
    "<|vision_start|>",
    "<|vision_end|>",
    "<|vision_pad|>",
    "<|image_pad|>",
    "<|video_pad|>",
]
QWEN_PLAIN = [
    "<tool_call>",
    "</tool_call>",
    "<|fim_prefix|>",
    "<|fim_middle|>",
    "<|fim_suffix|>",
    "<|fim_pad|>",
    "<|repo_name|>",
    "<|file_sep|>",
]
INTERNVL = ["<img>", "</img>", "<IMG_CONTEXT>", "<quad>", "</quad>", "<ref>", "</ref>", "<box>", "</box>"]
INTERNLM2_SPECIAL = [
    "<|plugin|>",
    "<|interpreter|>",
    "<|action_end|>",
    "<|action_start|>",
    "<|im_end|>",
    "<|im_start|>",
]
FIRST_UNUSED = 140
SENTENCES = 1500

_PROSE = (
    "the of a is and to in that angle area triangle circle square line point chart graph image picture figure "
    "shows value number total count left right top bottom red blue green yellow bar axis label table row column "
    "first second third next then so because therefore equal larger smaller half double sum difference product "
    "divide multiply add subtract answer question step solution process system user assistant which what how many "
    "each both from with not has have are was there this given find compute length width height radius volume "
    "measure degree percent ratio price distance speed time year population city river mountain bridge building "
    "person dog cat bird tree flower car boat train plane window door light water stone paper wood metal glass "
    "increase decrease before after between above below inside outside correct wrong check compare describe explain"
)
_CHINESE = (
    "你是书生万象英文名是由上海人工智能实验室清华大学及多家合作单位联合开发的多模态大语言模型"
    "图中的面积等于答案问题步骤。，："
)


def sentences() -> Iterator[str]:
    """Give the text to train on."""
    random = Random(20240229)  # noqa: S311 - text, not a secret
    known = _PROSE.split()
    for number in range(SENTENCES):
        words = [random.choice(known) for _ in range(random.randint(4, 14))]
        match number % 6:
            case 0:
                words[0] = words[0].capitalize()
            case 1:
                words.insert(2, f"{random.randint(0, 9999)}")
            case 2:
                words.append(f"= {random.randint(1, 99)} + {random.randint(1, 99)} - {random.random():.2f}")
            case 3:
                start = random.randrange(len(_CHINESE) - 8)
                words.append(_CHINESE[start : start + random.randint(2, 8)])
            case 4:
                words.append(
                    "\n\n### Step (1): **x** / y_2 ^ {3} * \\frac [4] < 5 > 6 & 7 % 8 # 9 @ 0 ~ ` $ ; ' \""
                )
        yield " ".join(words) + random.choice(".!?")


def qwen2(size: int, extra: list[str]) -> Tokenizer:
    """Return a byte-level tokenizer of ``size`` pieces, Qwen2's special tokens and ``extra`` ones behind them."""
    tokenizer = Tokenizer(BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(QWEN_SPLIT), behavior="isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = BpeTrainer(vocab_size=size, initial_alphabet=alphabet, show_progress=False, special_tokens=[])
    tokenizer.train_from_iterator(sentences(), trainer)
    for words, special in ((QWEN_SPECIAL, True), (QWEN_PLAIN, False), (extra, True)):
        tokenizer.add_tokens([AddedToken(word, normalized=False, special=special) for word in words])
    return tokenizer


def qwen2_settings(tokenizer: Tokenizer) -> dict[str, object]:
    """Return the content of Qwen2's `tokenizer_config.json`."""
    return {
        "add_bos_token": False,
        "add_prefix_space": False,
        "added_tokens_decoder": {
            str(id_): _setting(one.content, special=one.special)
            for id_, one in sorted(tokenizer.get_added_tokens_decoder().items())
        },
        "additional_special_tokens": QWEN_SPECIAL[1:],
        "bos_token": None,
        "clean_up_tokenization_spaces": False,
        "eos_token": "<|im_end|>",
        "errors": "replace",
        "model_max_length": 32768,
        "pad_token": "<|endoftext|>",
        "split_special_tokens": False,
        "tokenizer_class": "Qwen2Tokenizer",
        "unk_token": None,
    }


def internlm2(size: int) -> bytes:
    """Return a sentencepiece model of ``size`` pieces, the last ones placeholders for special tokens."""
    from sentencepiece import SentencePieceTrainer  # noqa: PLC0415 - for this kind alone

    out = io.BytesIO()
    SentencePieceTrainer.train(
        sentence_iterator=sentences(),
        model_writer=out,
        model_type="bpe",
        vocab_size=size - len(INTERNLM2_SPECIAL),
        normalization_rule_name="identity",
        add_dummy_prefix=False,
        remove_extra_whitespaces=False,
        byte_fallback=True,
        split_digits=True,
        allow_whitespace_only_pieces=True,
        num_threads=1,
        minloglevel=2,
    )
    unused = [
        Piece(f"[UNUSED_TOKEN_{number}]", 0.0, spm.USER_DEFINED)
        for number in range(FIRST_UNUSED, FIRST_UNUSED + len(INTERNLM2_SPECIAL))
    ]
    return out.getvalue() + b"".join(encode_piece(piece) for piece in unused)


def internlm2_tokens(model: bytes) -> dict[str, int]:
    """Return the ids of the special tokens that InternLM2 and InternVL add."""
    size = len(parse_model(model).pieces)
    special = {word: size - len(INTERNLM2_SPECIAL) + at for at, word in enumerate(INTERNLM2_SPECIAL)}
    return special | {word: size + at for at, word in enumerate(INTERNVL)}


def internlm2_settings(tokens: dict[str, int]) -> dict[str, object]:
    """Return the content of InternLM2's `tokenizer_config.json`."""
    added = {"<unk>": 0, "<s>": 1, "</s>": 2} | tokens
    return {
        "add_bos_token": True,
        "add_eos_token": False,
        "added_tokens_decoder": {str(id_): _setting(word, special=True) for word, id_ in added.items()},
        "additional_special_tokens": list(tokens),
        "auto_map": {"AutoTokenizer": ["tokenization_internlm2.InternLM2Tokenizer", None]},
        "bos_token": "<s>",
        "clean_up_tokenization_spaces": False,
        "eos_token": "</s>",
        "model_max_length": 32768,
        "pad_token": "</s>",
        "tokenizer_class": "InternLM2Tokenizer",
        "unk_token": "<unk>",
    }


def _setting(word: str, *, special: bool) -> dict[str, object]:
    return {
        "content": word,
        "lstrip": False,
        "normalized": False,
        "rstrip": False,
        "single_word": False,
        "special": special,
    }
