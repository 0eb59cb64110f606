"""What Rapport costs, each figure beside a peer measured in the same run: `make bench`.

Nothing here is a test and nothing fails for being slow; docs/performance.md says how to read it.
"""
