"""Pictures: folders become checked (LR, HR) pairs, and pairs become batches of patches."""
