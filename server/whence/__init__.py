"""Which lines came from AI coding tools, whether the policy lets them be there, who answered for them."""

__version__ = "0.1.0"
