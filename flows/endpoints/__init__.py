"""Endpoints of models, in OpenAI's form: their addresses, and bounded requests to them."""
