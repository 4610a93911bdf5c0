// Turns a board with an MPU6050 into a motion sensor for airdigit-live: see the examples.
#pragma once
#include "edge_board.h"
