"""Training: from a recipe and pairs to weights, with checkpoints that a run resumes from."""
