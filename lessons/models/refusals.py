"""Models that are refused although their files can be read: each would give numbers, and none of them what it says.

Refused are a model that is no causal one, and one of which a part is missing (`transformers` fills it at random).
"""

from typing import TYPE_CHECKING, Any

from lessons.models.trials import is_causal
from lessons.words.language import say

if TYPE_CHECKING:
    from transformers import PretrainedConfig, PreTrainedModel

NAMED = 3  # of what is missing, so many are named


class Refused(OSError):
    """A model that can be read, and cannot be what a decoder asks."""


def check_architecture(place: object, config: "PretrainedConfig") -> None:
    """Raises Refused, which names the architecture, unless a causal model can be made of this configuration."""
    from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING

    if getattr(config, "is_encoder_decoder", False):
        raise Refused(say("models.encoder_decoder", place=place, architecture=config.model_type))
    if type(config) not in MODEL_FOR_CAUSAL_LM_MAPPING:
        raise Refused(say("models.no_causal_architecture", place=place, architecture=config.model_type))


def check_nothing_missing(place: object, model: "PreTrainedModel", loading: dict[str, Any]) -> None:
    """Raises Refused, which names what is missing, unless every weight was read; a tied weight is read as its twin.

    loading: what `from_pretrained` tells with `output_loading_info=True`.
    """
    weights = dict(model.named_parameters(remove_duplicate=False))
    absent = {name for name in loading["missing_keys"] if name in weights}
    read = {id(weight) for name, weight in weights.items() if name not in absent}
    missing = sorted(name for name in absent if id(weights[name]) not in read)
    if missing:
        names = ", ".join(missing[:NAMED]) + (" …" if len(missing) > NAMED else "")
        raise Refused(say("models.missing_weights", place=place, number=len(missing), names=names))


def check_causal(place: object, model: "PreTrainedModel") -> None:
    """Raises Refused unless what the model says at a place depends on the tokens up to there only."""
    if not is_causal(model):
        raise Refused(say("models.not_causal", place=place, architecture=model.config.model_type))
