"""What is measured of the αL I domain, one observable a module."""
