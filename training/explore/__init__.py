"""What a dataset holds, and what is wrong with it, before training: ``python -m training explore``.

``dataset.explore`` measures each file (``inspection``, ``fingerprints``) and returns ``facts``;
``conclusions`` interprets them; ``report`` writes a page, charts and ``summary.json``.
"""
