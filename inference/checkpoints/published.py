"""The published VisualPRM `config.json`, and the native one that means the same."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import msgspec
from msgspec import Struct

from inference.checkpoints.errors import ConversionError, refuse

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from transformers import InternVLConfig

QWEN2 = "Qwen2ForCausalLM"
INTERNLM2 = "InternLM2ForCausalLM"
MEAN = [0.485, 0.456, 0.406]
STD = [0.229, 0.224, 0.225]


class Vision(Struct):
    """InternViT. Without defaults where the original's own default is not what was published."""

    hidden_size: int
    intermediate_size: int
    num_hidden_layers: int
    num_attention_heads: int
    image_size: int
    patch_size: int
    qkv_bias: bool
    qk_normalization: bool
    norm_type: Literal["layer_norm", "rms_norm"]
    layer_norm_eps: float
    hidden_act: Literal["gelu"]
    num_channels: int = 3


class Scaling(Struct):
    """Rotary scaling; old files say ``type`` for what is now ``rope_type``."""

    factor: float
    type: str = ""
    rope_type: str = ""


class Language(Struct):
    """The language model; ``bias`` is InternLM2's word."""

    architectures: list[str]
    hidden_size: int
    intermediate_size: int
    num_hidden_layers: int
    num_attention_heads: int
    num_key_value_heads: int
    max_position_embeddings: int
    vocab_size: int
    rms_norm_eps: float
    rope_theta: float
    hidden_act: Literal["silu"] = "silu"
    rope_scaling: Scaling | None = None
    bias: bool = False
    use_sliding_window: bool = False


class Published(Struct):
    """What of `config.json` the scores depend on; the pixel shuffle's default is the original's."""

    model_type: str
    llm_config: Language
    vision_config: Vision
    downsample_ratio: float
    select_layer: int
    template: str
    force_image_size: int | None = None
    max_dynamic_patch: int = 12
    ps_version: str = "v1"

    @property
    def architecture(self) -> str:
        """The language model's class, which alone says how the file is laid out."""
        return self.llm_config.architectures[0]

    @property
    def image_size(self) -> int:
        """Pixels of a tile's side."""
        return self.force_image_size or self.vision_config.image_size


def read_published(path: Path) -> Published:
    """Read `config.json`; ConversionError names every value with which the native model would differ."""
    try:
        raw = msgspec.json.decode(path.read_bytes(), type=dict[str, Any])
        kind = raw.get("model_type")
        if kind != "internvl_chat":
            raise ConversionError(
                f"{path}: model_type is {kind!r}; only a published VisualPRM folder ('internvl_chat') is "
                "converted, Skywork-VL-Reward and converted folders are used as they are"
            )
        config = msgspec.convert(raw, type=Published)
    except FileNotFoundError as error:
        raise ConversionError(f"{path}: not there; name the folder of a published VisualPRM") from error
    except (msgspec.DecodeError, msgspec.ValidationError) as error:
        raise ConversionError(f"{path}: {error}") from error
    refuse(f"{path}: {problem}" for problem in _unsupported(config))
    return config


def _unsupported(config: Published) -> Iterator[str]:
    language, scaling = config.llm_config, config.llm_config.rope_scaling
    if language.architectures[:1] not in ([QWEN2], [INTERNLM2]):
        yield f"llm_config.architectures is {language.architectures}; known: {QWEN2}, {INTERNLM2}"
    if config.ps_version != "v2":
        yield f"ps_version is {config.ps_version!r}; only 'v2' shuffles pixels as the native model does"
    if config.select_layer != -1:
        yield f"select_layer is {config.select_layer}; only -1, the last layer, is supported"
    if config.image_size != config.vision_config.image_size:
        yield (
            f"force_image_size {config.image_size} is not vision_config.image_size "
            f"{config.vision_config.image_size}; position embeddings would have to be resized"
        )
    if scaling and rope_type(scaling) != "dynamic":
        yield f"llm_config.rope_scaling is {rope_type(scaling)!r}; only 'dynamic' is supported"
    if language.hidden_size % language.num_attention_heads or (
        language.num_attention_heads % language.num_key_value_heads
    ):
        yield "llm_config's hidden_size, num_attention_heads and num_key_value_heads do not divide one another"
    if language.use_sliding_window:
        yield "llm_config.use_sliding_window is true; only full attention is supported"


def rope_type(scaling: Scaling) -> str:
    """Return the kind of rotary scaling under either name."""
    return scaling.rope_type or scaling.type


def native_config(config: Published, *, image_token_id: int, dtype: str) -> InternVLConfig:
    """Return the configuration of `InternVLForConditionalGeneration` that means the same."""
    from transformers import InternVLConfig  # noqa: PLC0415 - takes seconds

    vision = config.vision_config
    side = config.image_size // vision.patch_size
    return InternVLConfig(
        architectures=["InternVLForConditionalGeneration"],
        vision_config={
            "hidden_size": vision.hidden_size,
            "intermediate_size": vision.intermediate_size,
            "num_hidden_layers": vision.num_hidden_layers,
            "num_attention_heads": vision.num_attention_heads,
            "num_channels": vision.num_channels,
            "image_size": config.image_size,
            "patch_size": vision.patch_size,
            "attention_bias": vision.qkv_bias,
            "use_qk_norm": vision.qk_normalization,
            "norm_type": vision.norm_type,
            "layer_norm_eps": vision.layer_norm_eps,
            "hidden_act": vision.hidden_act,
            "use_mean_pooling": True,  # no norm after the last layer, as in the original
        },
        text_config=_text_config(config.llm_config),
        image_token_id=image_token_id,
        image_seq_length=round((side * config.downsample_ratio) ** 2),
        downsample_ratio=config.downsample_ratio,
        vision_feature_layer=config.select_layer,
        vision_feature_select_strategy="default",
        tie_word_embeddings=False,  # true by default, and would overwrite the output rows without a word
        dtype=dtype,
    )


def _text_config(language: Language) -> dict[str, object]:
    rope: dict[str, object] = {"rope_theta": float(language.rope_theta), "rope_type": "default"}
    if language.rope_scaling:
        rope |= {"rope_type": rope_type(language.rope_scaling), "factor": language.rope_scaling.factor}
    own: dict[str, object] = (
        {"model_type": "qwen2", "use_sliding_window": False}
        if language.architectures[0] == QWEN2
        else {"model_type": "llama", "attention_bias": language.bias}
    )
    return own | {
        "hidden_size": language.hidden_size,
        "intermediate_size": language.intermediate_size,
        "num_hidden_layers": language.num_hidden_layers,
        "num_attention_heads": language.num_attention_heads,
        "num_key_value_heads": language.num_key_value_heads,
        "max_position_embeddings": language.max_position_embeddings,
        "vocab_size": language.vocab_size,
        "rms_norm_eps": language.rms_norm_eps,
        "hidden_act": language.hidden_act,
        "rope_parameters": rope,
        "tie_word_embeddings": False,
    }


def image_processor(config: Published) -> dict[str, object]:
    """Return the content of `preprocessor_config.json`: GotOcr2 with tiles and a thumbnail."""
    side = config.image_size
    return {
        "image_processor_type": "GotOcr2ImageProcessor",
        "crop_to_patches": True,
        "min_patches": 1,
        "max_patches": config.max_dynamic_patch,
        "size": {"height": side, "width": side},
        "do_convert_rgb": True,
        "do_resize": True,
        "resample": 3,
        "do_rescale": True,
        "rescale_factor": 1 / 255,
        "do_normalize": True,
        "image_mean": MEAN,
        "image_std": STD,
    }
