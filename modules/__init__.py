"""Interactive rooms of a prospect's site, one folder each. They know nobody but the contract."""
