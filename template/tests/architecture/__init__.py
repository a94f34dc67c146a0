"""The rules of the architecture, and the source code model they use."""
