/* Made by python -m firmware_bridge.preprocessing from edge/: do not edit. */
#ifndef ES_CONSTANTS_H
#define ES_CONSTANTS_H

#define ES_SHORTEST ((es_time)0.25)
#define ES_LONGEST ((es_time)6.0)
#define ES_PREROLL ((es_time)0.3)
#define ES_MARGIN ((es_time)0.06)
#define ES_GAP ((es_time)0.15)
#define ES_LIVE_HANG ((es_time)0.25)
#define ES_BEGIN ((es_real)0.5)
#define ES_QUIET ((es_real)0.3)
#define ES_QUIET_SHARE ((es_real)0.15)
#define ES_SHAKY ((es_real)1.7)
#define ES_LEAST_QUIET ((es_real)0.45)
#define ES_FAINT ((es_real)0.6)
#define ES_ACCEL_WEIGHT ((es_real)0.2)
#define ES_SMOOTHING ((es_real)0.05)
#define ES_LEVEL ((es_real)0.2)
#define ES_CALM_TIME ((es_real)1.0)
#define ES_BIAS_TIME ((es_real)0.8)
#define ES_REST_FOR_BIAS ((es_real)0.06)
#define ES_LARGEST_BIAS ((es_real)0.4)
#define ES_NEAR ((es_real)0.998)
#define ES_ACCEL_UNIT ((es_real)0.001197100830078125)
#define ES_GYRO_UNIT ((es_real)0.00026631610900792384)
#define ES_FEWEST 8
#define ES_PLATEAU 3
#define ES_INTEGRATION_BINS 128
#define ES_POINTS 64
#define ES_CHANNELS 8
#define ES_RATE_HZ 100
#define ES_ACCEL_G 4
#define ES_GYRO_DPS 500
#define ES_MOST_ROWS 697

/* Of the input specification that this code implements. */
#define ES_INPUT_HASH 0x06b760fcb5ed9a16ULL

#endif
