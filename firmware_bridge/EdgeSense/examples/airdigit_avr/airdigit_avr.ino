// Arduino Uno or Nano with an MPU6050: VCC to 5V, GND to GND, SDA to A4, SCL to A5.
// Upload it, close the serial monitor, then run on the computer: airdigit-live --port auto
#include <EdgeSense.h>
#include <Wire.h>
#include <avr/sleep.h>

edge::Board board(Serial, Wire, LED_BUILTIN, "edge-avr");

void setup() {
  Serial.begin(edge::BAUD);
  board.begin();
}

void loop() {
  board.step();
  sleep_mode();  // until the next interrupt of the millisecond timer, the serial port or the bus
}
