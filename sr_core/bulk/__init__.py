"""Very many pictures on the machines of a Ray cluster: ``python -m sr_core bulk``.

command: options, what there is to do -> cluster: Ray Data -> worker: one network, one picture after another
"""
