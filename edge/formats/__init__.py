"""File formats: `motion` reads recordings of a motion sensor, `sound` reads and writes sound."""
