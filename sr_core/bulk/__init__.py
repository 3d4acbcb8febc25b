"""Enlarges very many pictures on a Ray cluster: ``python -m sr_core bulk``.

command: options and jobs -> cluster: Ray Data -> worker: one network, one picture after another
"""
