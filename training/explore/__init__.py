"""What is in a dataset, and what is wrong with it, before a network sees it: ``python -m training explore``.

``dataset.explore`` looks at each file (``inspection``, ``fingerprints``) and gives ``facts``; what these mean
is in ``conclusions``; ``report`` writes them as a page, as charts and as ``summary.json``.
"""
