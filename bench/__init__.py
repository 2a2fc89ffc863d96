"""Lazuli and its peers side by side. bench/README.md says how to run it and how to read it."""
