"""`farwire codec`: Cayenne LPP's, Farwire's and vendors' frames, both ways, for people at a bench."""
