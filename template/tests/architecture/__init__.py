"""The rules of the architecture, and the reading of source code they need."""
