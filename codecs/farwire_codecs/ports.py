"""FPorts of Farwire: which content a frame carries. The only owner of these numbers.

1 to 3 are Cayenne LPP 2.0's; ours lie in 210 to 222, which LPP 2.0 reserves and LoRaWAN leaves to
applications (1 to 223, TS001-1.0.4 §4.3.2). FPort 0 belongs to the MAC.
"""

LPP_DYNAMIC = 1
LPP_PACKED = 2
LPP_GPS = 3

HISTORY = 210
ALARM = 211
STATE = 212
COMMAND_ANSWER = 213

ACKNOWLEDGEMENT = 220
COMMAND = 221
CONFIGURATION = 222
