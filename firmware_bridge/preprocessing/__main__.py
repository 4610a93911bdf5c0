"""Write es_constants.h again, after a change of edge/features/motion."""

from firmware_bridge.preprocessing import CONSTANTS_HEADER, constants

CONSTANTS_HEADER.write_text(constants())
