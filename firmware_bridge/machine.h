/* What a simulated board offers to machine.py, be it an AVR in simavr or a sketch built for this
 * computer. One board a library: machine.py loads a copy for each. */
#pragma once
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The I2C bus: whether somebody acknowledges, or the byte that was read. */
typedef int (*bus_start_t)(int address, int read);
typedef int (*bus_write_t)(int byte);
typedef int (*bus_read_t)(void);
typedef void (*bus_stop_t)(void);

/* 0, or -1 when the firmware cannot be loaded. */
int machine_open(const char *firmware, bus_start_t, bus_write_t, bus_read_t, bus_stop_t);
/* Runs until the board's clock has come to `until_us`; -1 when its processor has crashed. */
int machine_run(int64_t until_us);
int64_t machine_time_us(void);
/* Bytes for the board's serial port; returns how many it has taken. */
int machine_give(const uint8_t *bytes, int count);
/* Bytes that the board has sent. */
int machine_take(uint8_t *bytes, int most);
int machine_led(void);

#ifdef __cplusplus
}
#endif
