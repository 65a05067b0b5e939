"""Many timelines to one; conflict; group."""
