"""Small heads on frozen features that serve groups of people more alike: thirteen ways."""
