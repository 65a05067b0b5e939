"""Recording to Timeline, one modality a module."""
