"""Language models: the small local one, recorded answers, and how likely a model finds words."""
