"""The parts of the page "Compare": which networks, on which picture, and what each made of it."""
