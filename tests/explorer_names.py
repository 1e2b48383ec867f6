"""The explorers by what they begin with."""

# A prompt in a box, and a model that is asked for what comes next.
WITH_A_PROMPT = (
    "NextTokenExplorer",
    "BeamExplorer",
    "TemperatureExplorer",
    "TruncationExplorer",
    "DecoderExplorer",
    "LensExplorer",
    "RuleExplorer",
    "SpeculativeExplorer",
)
