// A board with an MPU6050 that airdigit-live understands: see the examples.
#pragma once
#include "edge_board.h"
