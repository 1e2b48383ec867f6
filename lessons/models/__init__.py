"""Language models: what a decoder asks of one, how one is loaded, and how likely it finds a text.

gradients         not kept while a model is asked, kept while it is loaded or trained
source            what may be asked: logits for the next token
six_words         a language of six words: every algorithm can be worked by hand
gpt2              GPT-2's forward pass on a page: token ids in, logits out
reading           how a model of `transformers` is read
sessions          texts growing side by side, every token read once: by the page, or by `transformers`
trials            what cannot be known of an architecture is tried on a few tokens
refusals          no causal model, a part is missing: why a model is not taken
files             where a model's files come from, and whether they are whole
gguf_file         a model in one file, of few bits, as LM Studio or Ollama keep it
language_model    load(): the bundled model, a name on the hub, a folder, or a GGUF file
inside            hidden states, what the output head says to each, who looks at whom, and parts taken out
drafts            cheap guessers of a model's next tokens: counts, the text so far, its own first blocks
scoring           how likely a given text is
"""
