"""Letters: one form letter per campaign, merged per person, sent once, with its ledger."""
