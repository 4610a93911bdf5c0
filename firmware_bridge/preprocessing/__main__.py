"""Write es_constants.h anew, after a change of edge/features."""

from firmware_bridge.preprocessing import CONSTANTS, constants

CONSTANTS.write_text(constants())
