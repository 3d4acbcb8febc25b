"""The parts of the page "Measure": what is measured, how, and how it is shown."""
