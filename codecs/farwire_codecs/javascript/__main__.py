"""`python -m farwire_codecs.javascript` writes the JavaScript codec to standard output. Host only."""

import sys

from farwire_codecs.javascript.generator import generate

if __name__ == "__main__":
    sys.stdout.buffer.write(generate().encode())
