/* An Arduino Uno in simavr, with the interface of machine.h: I2C bus, serial port and LED. */
#include "machine.h"

#include <stdlib.h>

#include <simavr/avr_ioport.h>
#include <simavr/avr_twi.h>
#include <simavr/avr_uart.h>
#include <simavr/sim_avr.h>
#include <simavr/sim_elf.h>

#define FREQUENCY 16000000
#define CYCLES_PER_US (FREQUENCY / 1000000)
#define SENT_CAPACITY 65536

static avr_t *avr;
static avr_irq_t *bus_in, *serial_in;
static bus_start_t bus_start;
static bus_write_t bus_write;
static bus_read_t bus_read;
static bus_stop_t bus_stop;
static int addressed; /* a chip on the bus has acknowledged its address */
static uint8_t sent[SENT_CAPACITY]; /* a ring buffer */
static unsigned sent_begin, sent_end;
static int serial_full;
static int led;

static void answer(int what, int address, int byte) {
  avr_raise_irq(bus_in, avr_twi_irq_msg(what, address, byte));
}

static void on_bus(struct avr_irq_t *irq, uint32_t value, void *param) {
  avr_twi_msg_irq_t v = {.u.v = value};
  const int what = v.u.twi.msg, address = v.u.twi.addr;
  if (what & TWI_COND_STOP) {
    if (addressed) bus_stop();
    addressed = 0;
  }
  if (what & TWI_COND_START) {
    addressed = bus_start(address >> 1, address & 1);
    if (addressed) answer(TWI_COND_ACK, address, 1);
  }
  if ((what & TWI_COND_WRITE) && addressed && bus_write(v.u.twi.data))
    answer(TWI_COND_ACK, address, 1);
  if ((what & TWI_COND_READ) && addressed) answer(TWI_COND_READ, address, bus_read());
}

static void on_sent(struct avr_irq_t *irq, uint32_t value, void *param) {
  sent[sent_end++ % SENT_CAPACITY] = value;
  if (sent_end - sent_begin > SENT_CAPACITY) sent_begin++; /* full: the oldest byte is lost */
}

static void on_not_full(struct avr_irq_t *irq, uint32_t value, void *param) { serial_full = 0; }
static void on_full(struct avr_irq_t *irq, uint32_t value, void *param) { serial_full = 1; }
static void on_led(struct avr_irq_t *irq, uint32_t value, void *param) { led = value & 1; }

/* Without this simavr would sleep in real time; machine.py controls the time. */
static void no_sleep(avr_t *a, avr_cycle_count_t cycles) {}
static void no_log(avr_t *a, const int level, const char *format, va_list list) {}

int machine_open(const char *firmware, bus_start_t start, bus_write_t write, bus_read_t read,
                 bus_stop_t stop) {
  elf_firmware_t elf = {{0}};
  avr_global_logger_set(no_log);
  if (elf_read_firmware(firmware, &elf) != 0) return -1;
  avr = avr_make_mcu_by_name("atmega328p");
  if (!avr) return -1;
  avr_init(avr);
  elf.frequency = FREQUENCY;
  avr_load_firmware(avr, &elf);
  avr->frequency = FREQUENCY;
  avr->sleep = no_sleep;
  bus_start = start, bus_write = write, bus_read = read, bus_stop = stop;

  static const char *names[] = {"8<bus.in", "32>bus.out"};
  avr_irq_t *bus = avr_alloc_irq(&avr->irq_pool, 0, 2, names);
  bus_in = bus + TWI_IRQ_INPUT;
  avr_irq_register_notify(bus + TWI_IRQ_OUTPUT, on_bus, NULL);
  avr_connect_irq(bus_in, avr_io_getirq(avr, AVR_IOCTL_TWI_GETIRQ(0), TWI_IRQ_INPUT));
  avr_connect_irq(avr_io_getirq(avr, AVR_IOCTL_TWI_GETIRQ(0), TWI_IRQ_OUTPUT),
                  bus + TWI_IRQ_OUTPUT);

  uint32_t flags = 0;
  avr_ioctl(avr, AVR_IOCTL_UART_GET_FLAGS('0'), &flags);
  flags &= ~(AVR_UART_FLAG_STDIO | AVR_UART_FLAG_POLL_SLEEP);
  avr_ioctl(avr, AVR_IOCTL_UART_SET_FLAGS('0'), &flags);
  serial_in = avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), UART_IRQ_INPUT);
  avr_irq_t *port = avr_io_getirq(avr, AVR_IOCTL_UART_GETIRQ('0'), 0);
  avr_irq_register_notify(port + UART_IRQ_OUTPUT, on_sent, NULL);
  avr_irq_register_notify(port + UART_IRQ_OUT_XON, on_not_full, NULL);
  avr_irq_register_notify(port + UART_IRQ_OUT_XOFF, on_full, NULL);

  avr_irq_register_notify(avr_io_getirq(avr, AVR_IOCTL_IOPORT_GETIRQ('B'), IOPORT_IRQ_PIN5),
                          on_led, NULL);
  return 0;
}

int64_t machine_time_us(void) { return avr->cycle / CYCLES_PER_US; }

int machine_run(int64_t until_us) {
  const avr_cycle_count_t until = until_us * CYCLES_PER_US;
  while (avr->cycle < until) {
    const int state = avr_run(avr);
    if (state == cpu_Done || state == cpu_Crashed) return -1;
  }
  return 0;
}

int machine_send(const uint8_t *bytes, int count) {
  int accepted = 0;
  while (accepted < count && !serial_full) avr_raise_irq(serial_in, bytes[accepted++]);
  return accepted;
}

int machine_receive(uint8_t *bytes, int capacity) {
  int count = 0;
  while (count < capacity && sent_begin != sent_end) {
    bytes[count++] = sent[sent_begin++ % SENT_CAPACITY];
  }
  return count;
}

int machine_led(void) { return led; }
