"""How the models of sound are made."""
