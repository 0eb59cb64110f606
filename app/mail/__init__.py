"""Mail: a durable row per message, sent once, with an honest *unknown* after a crash."""
