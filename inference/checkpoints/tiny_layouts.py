"""Names, shapes and configurations of the miniatures, in the layouts in which the models are published."""

from __future__ import annotations

Shapes = dict[str, tuple[int, ...]]

LAYERS = 3
VIT, VIT_INNER, VIT_HEADS, IMAGE, PATCH = 64, 128, 4, 56, 14
TEXT, TEXT_INNER, HEADS, KEY_HEADS = 96, 192, 8, 2
HEAD = TEXT // HEADS
SKYWORK_VIT, SKYWORK_VIT_INNER, SKYWORK_VIT_HEADS = 32, 64, 2
SKYWORK, SKYWORK_INNER, SKYWORK_HEADS, SKYWORK_KEY_HEADS = 64, 128, 4, 2
WINDOW = 56
CONTEXT = 32_768


def _linear(name: str, out: int, into: int) -> Shapes:
    return {f"{name}.weight": (out, into), f"{name}.bias": (out,)}


def _norm(name: str, size: int) -> Shapes:
    return {f"{name}.weight": (size,), f"{name}.bias": (size,)}


def _internvit() -> Shapes:
    shapes: Shapes = {
        "vision_model.embeddings.class_embedding": (1, 1, VIT),
        "vision_model.embeddings.position_embedding": (1, (IMAGE // PATCH) ** 2 + 1, VIT),
        "vision_model.embeddings.patch_embedding.weight": (VIT, 3, PATCH, PATCH),
        "vision_model.embeddings.patch_embedding.bias": (VIT,),
    }
    for layer in range(LAYERS):
        at = f"vision_model.encoder.layers.{layer}"
        shapes |= _norm(f"{at}.norm1", VIT) | _norm(f"{at}.norm2", VIT)
        shapes |= {f"{at}.ls1": (VIT,), f"{at}.ls2": (VIT,)}
        shapes |= _linear(f"{at}.attn.qkv", 3 * VIT, VIT) | _linear(f"{at}.attn.proj", VIT, VIT)
        shapes |= _linear(f"{at}.mlp.fc1", VIT_INNER, VIT) | _linear(f"{at}.mlp.fc2", VIT, VIT_INNER)
    shuffled = 4 * VIT
    return (
        shapes | _norm("mlp1.0", shuffled) | _linear("mlp1.1", TEXT, shuffled) | _linear("mlp1.3", TEXT, TEXT)
    )


def _qwen2(prefix: str, vocabulary: int, hidden: int, inner: int, keys: int) -> Shapes:
    shapes: Shapes = {f"{prefix}embed_tokens.weight": (vocabulary, hidden), f"{prefix}norm.weight": (hidden,)}
    for layer in range(LAYERS):
        at = f"{prefix}layers.{layer}"
        shapes |= {
            f"{at}.input_layernorm.weight": (hidden,),
            f"{at}.post_attention_layernorm.weight": (hidden,),
        }
        shapes |= _linear(f"{at}.self_attn.q_proj", hidden, hidden)
        shapes |= _linear(f"{at}.self_attn.k_proj", keys, hidden) | _linear(
            f"{at}.self_attn.v_proj", keys, hidden
        )
        shapes |= {
            f"{at}.self_attn.o_proj.weight": (hidden, hidden),
            f"{at}.mlp.gate_proj.weight": (inner, hidden),
            f"{at}.mlp.up_proj.weight": (inner, hidden),
            f"{at}.mlp.down_proj.weight": (hidden, inner),
        }
    return shapes


def visualprm_shapes(vocabulary: int) -> Shapes:
    """Return the tensors of VisualPRM-8B-v1.1."""
    language = _qwen2("language_model.model.", vocabulary, TEXT, TEXT_INNER, KEY_HEADS * HEAD)
    return _internvit() | language | {"language_model.lm_head.weight": (vocabulary, TEXT)}


def visualprm_v1_shapes(vocabulary: int) -> Shapes:
    """Return the tensors of VisualPRM-8B."""
    shapes = _internvit() | {
        "language_model.model.tok_embeddings.weight": (vocabulary, TEXT),
        "language_model.model.norm.weight": (TEXT,),
        "language_model.output.weight": (vocabulary, TEXT),
    }
    for layer in range(LAYERS):
        at = f"language_model.model.layers.{layer}"
        shapes |= {
            f"{at}.attention_norm.weight": (TEXT,),
            f"{at}.ffn_norm.weight": (TEXT,),
            f"{at}.attention.wqkv.weight": ((HEADS + 2 * KEY_HEADS) * HEAD, TEXT),
            f"{at}.attention.wo.weight": (TEXT, TEXT),
            f"{at}.feed_forward.w1.weight": (TEXT_INNER, TEXT),
            f"{at}.feed_forward.w2.weight": (TEXT, TEXT_INNER),
            f"{at}.feed_forward.w3.weight": (TEXT_INNER, TEXT),
        }
    return shapes


def skywork_shapes(vocabulary: int) -> Shapes:
    """Return the tensors of Skywork-VL-Reward-7B without its value head."""
    size, inner = SKYWORK_VIT, SKYWORK_VIT_INNER
    shapes: Shapes = {"visual.patch_embed.proj.weight": (size, 3, 2, PATCH, PATCH)}
    for layer in range(LAYERS):
        at = f"visual.blocks.{layer}"
        shapes |= {f"{at}.norm1.weight": (size,), f"{at}.norm2.weight": (size,)}
        shapes |= _linear(f"{at}.attn.qkv", 3 * size, size) | _linear(f"{at}.attn.proj", size, size)
        shapes |= _linear(f"{at}.mlp.gate_proj", inner, size) | _linear(f"{at}.mlp.up_proj", inner, size)
        shapes |= _linear(f"{at}.mlp.down_proj", size, inner)
    shapes |= {"visual.merger.ln_q.weight": (size,)}
    shapes |= _linear("visual.merger.mlp.0", 4 * size, 4 * size) | _linear(
        "visual.merger.mlp.2", SKYWORK, 4 * size
    )
    keys = SKYWORK_KEY_HEADS * SKYWORK // SKYWORK_HEADS
    shapes |= _qwen2("model.", vocabulary, SKYWORK, SKYWORK_INNER, keys)
    return shapes | {"lm_head.weight": (vocabulary, SKYWORK)}


def value_head_shapes() -> Shapes:
    """Return the tensors of `value_head.safetensors`."""
    return _linear("v_head.summary", 1, SKYWORK)


def internvl_config(llm: dict[str, object]) -> dict[str, object]:
    """Return VisualPRM's `config.json`. The classes of ``auto_map`` are not there and must not be asked for."""
    return {
        "architectures": ["InternVLRewardModel"],
        "auto_map": {
            "AutoConfig": "configuration_internvl_chat.InternVLChatConfig",
            "AutoModel": "modeling_internvl_chat.InternVLRewardModel",
        },
        "downsample_ratio": 0.5,
        "dynamic_image_size": True,
        "force_image_size": IMAGE,
        "llm_config": llm,
        "max_dynamic_patch": 12,
        "min_dynamic_patch": 1,
        "model_type": "internvl_chat",
        "ps_version": "v2",
        "select_layer": -1,
        "template": "internvl2_5",
        "tie_word_embeddings": False,
        "torch_dtype": "bfloat16",
        "use_thumbnail": True,
        "vision_config": {
            "architectures": ["InternVisionModel"],
            "hidden_act": "gelu",
            "hidden_size": VIT,
            "image_size": IMAGE,
            "intermediate_size": VIT_INNER,
            "layer_norm_eps": 1e-06,
            "model_type": "intern_vit_6b",
            "norm_type": "layer_norm",
            "num_attention_heads": VIT_HEADS,
            "num_channels": 3,
            "num_hidden_layers": LAYERS,
            "patch_size": PATCH,
            "qk_normalization": False,
            "qkv_bias": True,
        },
    }


_LLM: dict[str, object] = {
    "hidden_act": "silu",
    "hidden_size": TEXT,
    "intermediate_size": TEXT_INNER,
    "max_position_embeddings": CONTEXT,
    "num_attention_heads": HEADS,
    "num_hidden_layers": LAYERS,
    "num_key_value_heads": KEY_HEADS,
    "torch_dtype": "bfloat16",
}


def qwen2_llm(vocabulary: int) -> dict[str, object]:
    """Return the ``llm_config`` of VisualPRM-8B-v1.1."""
    return _LLM | {
        "architectures": ["Qwen2ForCausalLM"],
        "model_type": "qwen2",
        "rms_norm_eps": 1e-06,
        "rope_scaling": {"factor": 2.0, "rope_type": "dynamic", "type": "dynamic"},
        "rope_theta": 1000000.0,
        "use_sliding_window": False,
        "vocab_size": vocabulary,
    }


def internlm2_llm(vocabulary: int) -> dict[str, object]:
    """Return the ``llm_config`` of VisualPRM-8B."""
    return _LLM | {
        "architectures": ["InternLM2ForCausalLM"],
        "auto_map": {"AutoConfig": "configuration_internlm2.InternLM2Config"},
        "bias": False,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "model_type": "internlm2",
        "rms_norm_eps": 1e-05,
        "rope_scaling": {"factor": 2.0, "type": "dynamic"},
        "rope_theta": 1000000,
        "vocab_size": vocabulary,
    }


def skywork_config(tokens: dict[str, int]) -> dict[str, object]:
    """Return Skywork-VL-Reward-7B's `config.json`, flat as it was published."""
    return {
        "architectures": ["Qwen2_5_VLForConditionalGeneration"],
        "attention_dropout": 0.0,
        "bos_token_id": tokens["<|endoftext|>"],
        "eos_token_id": tokens["<|im_end|>"],
        "vision_start_token_id": tokens["<|vision_start|>"],
        "vision_end_token_id": tokens["<|vision_end|>"],
        "vision_token_id": tokens["<|vision_pad|>"],
        "image_token_id": tokens["<|image_pad|>"],
        "video_token_id": tokens["<|video_pad|>"],
        "hidden_act": "silu",
        "hidden_size": SKYWORK,
        "intermediate_size": SKYWORK_INNER,
        "max_position_embeddings": CONTEXT,
        "max_window_layers": LAYERS,
        "model_type": "qwen2_5_vl",
        "num_attention_heads": SKYWORK_HEADS,
        "num_hidden_layers": LAYERS,
        "num_key_value_heads": SKYWORK_KEY_HEADS,
        "rms_norm_eps": 1e-06,
        "rope_scaling": {"type": "mrope", "mrope_section": [2, 3, 3]},
        "rope_theta": 1000000.0,
        "sliding_window": CONTEXT,
        "tie_word_embeddings": False,
        "torch_dtype": "bfloat16",
        "use_sliding_window": False,
        "vision_config": {
            "depth": LAYERS,
            "fullatt_block_indexes": [1],
            "hidden_act": "silu",
            "hidden_size": SKYWORK_VIT,
            "in_chans": 3,
            "intermediate_size": SKYWORK_VIT_INNER,
            "num_heads": SKYWORK_VIT_HEADS,
            "out_hidden_size": SKYWORK,
            "patch_size": PATCH,
            "spatial_merge_size": 2,
            "spatial_patch_size": PATCH,
            "temporal_patch_size": 2,
            "tokens_per_second": 2,
            "window_size": WINDOW,
        },
        "vocab_size": len(tokens),
    }
