"""From a file to a timeline: what analyze does."""
