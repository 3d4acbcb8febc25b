"""The report: tables, training curves and sample grids, all generated from cards, histories and weights.

Nothing in ``docs/results`` is typed by hand: cards hold the scores that ``export`` measured, histories are
what ``fit`` wrote, and the grids are restored anew from the three sample pictures.
"""
