"""Sites: a personal web site for every prospect, composed, versioned, served, answered."""
