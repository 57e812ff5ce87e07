"""A LoRaWAN 1.0.x device as its bytes: joins, sends and reads with farwire_node's frames, nothing else."""

from dataclasses import dataclass

from chirpstack_api import gw

from farwire_node.aes_host import HostAes
from farwire_node.lorawan import frames, join
from farwire_node.lorawan.frames import DataFrame
from farwire_node.lorawan.join import JoinAccept, JoinRequest

CRYPTO = HostAes()


@dataclass
class Device:
    """Keeps its session; `dev_nonce` and `f_cnt` are the next ones to use."""

    dev_eui: int = 0x70B3D57ED0000001
    join_eui: int = 0x70B3D57ED0FFFFFF
    app_key: bytes = bytes(range(16))
    dev_nonce: int = 0
    f_cnt: int = 0
    dev_addr: int = 0
    nwk_s_key: bytes = b""
    app_s_key: bytes = b""
    accept: JoinAccept | None = None

    @property
    def eui(self) -> str:
        return f"{self.dev_eui:016x}"

    def join_request(self) -> bytes:
        request = JoinRequest(self.join_eui, self.dev_eui, self.dev_nonce)
        self.dev_nonce += 1
        return join.encode_join_request(request, self.app_key, CRYPTO)

    def take_accept(self, phy: bytes) -> JoinAccept:
        accept = join.decode_join_accept(phy, self.app_key, CRYPTO)
        self.nwk_s_key, self.app_s_key = join.session_keys(
            self.app_key, accept.join_nonce, accept.net_id, self.dev_nonce - 1, CRYPTO
        )
        self.dev_addr, self.f_cnt, self.accept = accept.dev_addr, 0, accept
        return accept

    def uplink(
        self,
        payload: bytes = b"",
        port: int | None = None,
        *,
        confirmed: bool = False,
        ack: bool = False,
        adr: bool = False,
        adr_ack_req: bool = False,
        f_opts: bytes = b"",
        f_cnt: int | None = None,
    ) -> bytes:
        counter = self.f_cnt if f_cnt is None else f_cnt
        if f_cnt is None:
            self.f_cnt += 1
        frame = DataFrame(
            uplink=True,
            confirmed=confirmed,
            dev_addr=self.dev_addr,
            adr=adr,
            adr_ack_req=adr_ack_req,
            ack=ack,
            f_pending=False,
            f_cnt=counter,
            f_opts=f_opts,
            port=port,
            payload=payload,
        )
        return frames.encode_data(frame, self.nwk_s_key, self.app_s_key, CRYPTO)

    def read(self, phy: bytes) -> DataFrame:
        f_cnt = frames.header(phy).f_cnt16
        return frames.decode_data(phy, self.nwk_s_key, self.app_s_key, f_cnt, CRYPTO)


def uplink_frame(
    phy: bytes,
    gateway_id: str = "0016c001ff10a235",
    *,
    uplink_id: int = 1,
    frequency_hz: int = 868_100_000,
    spreading_factor: int = 7,
    bandwidth_hz: int = 125_000,
    rssi_dbm: int = -60,
    snr_db: float = 9.2,
    context: bytes = b"\x01\x02\x03\x04",
) -> gw.UplinkFrame:
    return gw.UplinkFrame(
        phy_payload=phy,
        tx_info=gw.UplinkTxInfo(
            frequency=frequency_hz,
            modulation=gw.Modulation(
                lora=gw.LoraModulationInfo(
                    bandwidth=bandwidth_hz, spreading_factor=spreading_factor, code_rate=gw.CR_4_5
                )
            ),
        ),
        rx_info=gw.UplinkRxInfo(
            gateway_id=gateway_id,
            uplink_id=uplink_id,
            rssi=rssi_dbm,
            snr=snr_db,
            channel=2,
            context=context,
            crc_status=gw.CRC_OK,
        ),
    )
