"""Agent-V3: a small but real service, so that the conformance suite has something to examine.

Its language model is a fake one, and says so in every answer.
"""

VERSION = "3.0.0"
