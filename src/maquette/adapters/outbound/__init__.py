"""The one HTTP client, and the only package that may open connections to where a URL leads."""
