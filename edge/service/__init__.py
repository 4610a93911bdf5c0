"""Live commands as services of systemd: the unit, its settings, and the calls of systemctl."""
