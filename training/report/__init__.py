"""The report: tables, training curves and sample grids, all generated from cards, histories and weights.

Nothing in ``docs/results`` is typed by hand: cards hold the scores measured by ``export``, ``fit`` wrote the
histories, and the grids are restored from the three sample pictures.
"""
