"""Model cards, weights on disk, verification, sessions, licences."""
