"""What the end-to-end tests are made of: processes, browsers, providers and accounts."""
