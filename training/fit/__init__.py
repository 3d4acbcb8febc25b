"""Training: a recipe and pairs become weights, by way of checkpoints that a run resumes from."""
