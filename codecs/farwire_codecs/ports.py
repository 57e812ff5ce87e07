"""FPorts of Farwire: which content a frame carries. The only owner of these numbers.

1 to 199 are Cayenne LPP 2.0's; ours lie in 210 to 222, which LPP 2.0 reserves and LoRaWAN leaves to
applications (1 to 223, TS001-1.0.4 §4.3.2). FPort 0 belongs to the MAC.
"""

LPP_DYNAMIC = 1
LPP_PACKED = 2
LPP_GPS = 3
LPP_ACTUATORS = 10
LPP_DEVICE_PERIOD = 11
LPP_SENSOR_PERIOD = 13
LPP_SENSOR_ENABLE = 14
LPP_HISTORY_FIRST = 100  # of channel 0, and so on up to
LPP_HISTORY_LAST = 199

HISTORY = 210
ALARM = 211
STATE = 212
COMMAND_ANSWER = 213
LOG = 214

ACKNOWLEDGEMENT = 220
COMMAND = 221
CONFIGURATION = 222
