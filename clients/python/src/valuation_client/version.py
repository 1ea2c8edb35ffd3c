__version__ = "1.0.0"
"""Of this client, not of the service's API."""
