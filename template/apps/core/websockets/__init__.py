"""WebSockets: consumers, messages in both directions, origins, logging."""
