// ESP32 with an MPU6050: VCC to 3V3, GND to GND, SDA to 21, SCL to 22 (or your board's pins).
// Upload it, close the serial monitor, then run on the computer: airdigit-live --port auto
#include <EdgeSense.h>
#include <Wire.h>

#ifndef LED_BUILTIN
#define LED_BUILTIN 2
#endif

edge::Board board(Serial, Wire, LED_BUILTIN, "edge-esp32");

void setup() {
  Serial.begin(edge::BAUD);
  board.begin();
}

void loop() {
  board.step();
  delay(1);
}
