"""The pages: each reads like a script."""
