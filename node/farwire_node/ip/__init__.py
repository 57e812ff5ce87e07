"""The node over MQTT or HTTPS, behind the Link seam: for boards with Wi-Fi, Ethernet or LTE."""
