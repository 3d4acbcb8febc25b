"""The parts of the page "Models": what was measured and drawn of the networks, and what to make of it."""
