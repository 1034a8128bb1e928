"""Tiny models with random weights, made on the spot, and saved as real ones are."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

TEXTS = [
    "n : ℕ\nh : 0 < n\n⊢ n + 0 = n",
    "p q : Prop\nhp : p\nhq : q\n⊢ p ∧ q",
    "exact h",
    "simp [Nat.add_comm]",
    "rw [Nat.mul_comm]",
    "constructor",
    "induction n with\n| zero => rfl\n| succ n ih => omega",
]
CHAT_TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message['role'] }}\n{{ message['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def make_llama(folder: Path, *, chat: bool = True, positions: int = 512, seed: int = 0) -> Path:
    """A Llama of 0.2 million parameters with a byte-level tokenizer."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    special = ["<s>", "</s>", "<|im_start|>", "<|im_end|>"]
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=400,
        special_tokens=special,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator(TEXTS * 3, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 0)])
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", additional_special_tokens=special[2:]
    )
    if chat:
        fast.chat_template = CHAT_TEMPLATE
    torch.manual_seed(seed)
    config = LlamaConfig(
        vocab_size=len(fast),
        hidden_size=64,
        intermediate_size=128,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        head_dim=32,  # the smallest that vLLM takes on a CPU
        max_position_embeddings=positions,
        initializer_range=0.35,  # so that what comes next depends on what came before
        bos_token_id=0,
        eos_token_id=1,
    )
    LlamaForCausalLM(config).save_pretrained(folder)
    fast.save_pretrained(folder)
    return folder


def teach(folder: Path, lessons: Sequence[tuple[str, str]], *, steps: int = 150) -> None:
    """Train the model in a folder until it answers these prompts with these texts, as a rule."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModelForCausalLM.from_pretrained(folder).train()
    rows = [(tokenizer(p)["input_ids"], tokenizer(a, add_special_tokens=False)["input_ids"]) for p, a in lessons]
    longest = max(len(prompt) + len(answer) + 1 for prompt, answer in rows)
    tokens = torch.full((len(rows), longest), tokenizer.eos_token_id)
    labels = torch.full((len(rows), longest), -100)
    for i, (prompt, answer) in enumerate(rows):
        whole = torch.tensor([*prompt, *answer, tokenizer.eos_token_id])
        tokens[i, : len(whole)] = whole
        labels[i, len(prompt) : len(whole)] = whole[len(prompt) :]
    optimiser = torch.optim.AdamW(model.parameters(), lr=3e-3)
    for _ in range(steps):
        optimiser.zero_grad()
        model(input_ids=tokens, labels=labels).loss.backward()
        optimiser.step()
    model.eval().save_pretrained(folder)


def make_adapter(folder: Path, base: Path, *, seed: int = 1) -> Path:
    """A LoRA adapter that changes what a model answers. It needs peft."""
    import peft
    import torch
    from transformers import AutoModelForCausalLM

    config = peft.LoraConfig(r=8, target_modules=["q_proj", "v_proj"], init_lora_weights=False, task_type="CAUSAL_LM")
    torch.manual_seed(seed)
    peft.get_peft_model(AutoModelForCausalLM.from_pretrained(base), config).save_pretrained(folder)
    return folder


def make_byt5(folder: Path, *, seed: int = 0) -> Path:
    """A T5 of bytes, as ReProver's models are."""
    import torch
    from transformers import ByT5Tokenizer, T5Config, T5ForConditionalGeneration

    tokenizer = ByT5Tokenizer()
    torch.manual_seed(seed)
    config = T5Config(
        vocab_size=len(tokenizer),
        d_model=32,
        d_kv=8,
        d_ff=64,
        num_layers=2,
        num_decoder_layers=2,
        num_heads=4,
        feed_forward_proj="gated-gelu",
        tie_word_embeddings=False,
        initializer_factor=1.0,
        pad_token_id=0,
        eos_token_id=1,
        decoder_start_token_id=0,
    )
    T5ForConditionalGeneration(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def teacher_forced(folder: Path, prompt: list[int], answer: list[int]) -> float:
    """The sum of the log-probabilities of the answer's tokens after the prompt, from one plain forward pass."""
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM, AutoModelForSeq2SeqLM

    config = AutoConfig.from_pretrained(folder)
    with torch.inference_mode():
        if config.is_encoder_decoder:
            model = AutoModelForSeq2SeqLM.from_pretrained(folder).float().eval()
            start = [config.decoder_start_token_id]
            logits = model(
                input_ids=torch.tensor([prompt]), decoder_input_ids=torch.tensor([start + answer[:-1]])
            ).logits[0]
        else:
            model = AutoModelForCausalLM.from_pretrained(folder).float().eval()
            logits = model(input_ids=torch.tensor([prompt + answer])).logits[0, len(prompt) - 1 : -1]
        scores = logits.double().log_softmax(-1)
        return float(sum(scores[index, token] for index, token in enumerate(answer)))
