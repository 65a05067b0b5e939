"""Decode and encode video, audio, transcripts, signals; annotation formats."""
