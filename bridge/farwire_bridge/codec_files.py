"""The codec files of the settings, loaded, and the process that runs them."""

import logging

from farwire_bridge.dialects import Dialects
from farwire_bridge.errors import CodecFileError
from farwire_bridge.settings import Settings
from farwire_codecs import ts013
from farwire_codecs.ts013 import Codec
from farwire_codecs.ts013_errors import ScriptError
from farwire_codecs.ts013_process import ScriptProcess

LOG = logging.getLogger("farwire.bridge")


class CodecFiles:
    """Every file, loaded; raises OSError for one that cannot be read, CodecFileError for one that fails."""

    def __init__(self, settings: Settings) -> None:
        self._process = ScriptProcess()  # starts with the first file, so without one there is none
        try:
            codecs = {name: self._load(name, settings) for name in settings.codecs}
        except BaseException:
            self.close()
            raise
        self.dialects = Dialects(codecs, settings.lpp_profiles, frozenset(settings.lpp_padded))

    def close(self) -> None:
        """End the process."""
        self._process.close()

    def _load(self, name: str, settings: Settings) -> Codec:
        path = settings.codecs[name]
        try:
            # Some are published with a byte order mark.
            codec = ts013.load(f"{name} ({path})", path.read_text(encoding="utf-8-sig"), engine=self._process)
        except (ScriptError, UnicodeDecodeError) as error:
            raise CodecFileError(f"codecs: {name}: {path}: {error}") from error
        if "decodeUplink" not in codec.functions:
            raise CodecFileError(f"codecs: {name}: {path} defines no decodeUplink, Decode or Decoder")
        LOG.info("codec loaded", extra={"codec": codec.name, "functions": ",".join(codec.functions)})
        return codec
