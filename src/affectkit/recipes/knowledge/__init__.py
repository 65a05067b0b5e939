"""What emotions are called and how they hang together: ontology, circumplex, episodes."""
