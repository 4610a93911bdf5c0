"""A wake-word service of the Wyoming protocol, as Home Assistant uses it (`--wyoming`)."""
