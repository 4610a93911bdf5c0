/* The interface between machine.py and a simulated board: an AVR in simavr, or a sketch compiled
 * for this computer. A library contains one board; machine.py loads a copy of it for each board. */
#pragma once
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The I2C bus: start and write return whether a chip acknowledges, read returns the byte. */
typedef int (*bus_start_t)(int address, int read);
typedef int (*bus_write_t)(int byte);
typedef int (*bus_read_t)(void);
typedef void (*bus_stop_t)(void);

/* Returns 0, or -1 if the firmware cannot be loaded. */
int machine_open(const char *firmware, bus_start_t, bus_write_t, bus_read_t, bus_stop_t);
/* Runs until the board's clock has reached `until_us`; returns -1 if its processor has crashed. */
int machine_run(int64_t until_us);
int64_t machine_time_us(void);
/* Sends bytes to the board's serial port; returns how many it has accepted. */
int machine_send(const uint8_t *bytes, int count);
/* Copies bytes that the board has sent; returns how many. */
int machine_receive(uint8_t *bytes, int capacity);
int machine_led(void);

#ifdef __cplusplus
}
#endif
