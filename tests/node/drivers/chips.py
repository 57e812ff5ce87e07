"""Models of chips and buses at the level of their registers and bytes, in the MicroPython subset.

Each speaks its chip's protocol as the data sheet has it, checksums included, on a clock that the test moves
(`bus.now_ms`), and has its troubles: unplugged, not ready, damaged bytes, another chip at its address.
"""

NACK = 19  # ENODEV, what MicroPython's I2C raises for a device that does not acknowledge


class I2cBus:
    """machine.I2C with chips on it: address -> chip."""

    def __init__(self, chips):
        self.chips = chips
        self.now_ms = 0
        self.transfers = 0

    def writeto(self, addr, buf):
        self._chip(addr).write(bytes(buf), self.now_ms)

    def readfrom(self, addr, nbytes):
        return self._chip(addr).read(nbytes, self.now_ms)

    def writeto_mem(self, addr, memaddr, buf):
        self._chip(addr).write(bytes((memaddr,)) + bytes(buf), self.now_ms)

    def readfrom_mem(self, addr, memaddr, nbytes):
        chip = self._chip(addr)
        chip.write(bytes((memaddr,)), self.now_ms)
        return chip.read(nbytes, self.now_ms)

    def _chip(self, addr):
        self.transfers += 1
        chip = self.chips.get(addr)
        if chip is None or not chip.plugged:
            raise OSError(NACK)
        return chip


class Bme280Chip:
    """Registers 0x88 to 0xFE; a forced measurement takes 9 ms; ctrl_hum counts once ctrl_meas is written."""

    def __init__(self, low, high, chip_id=0x60):
        self.plugged = True
        self.low, self.high, self.chip_id = low, high, chip_id
        self.codes = (0x80000, 0x80000, 0x8000)  # temperature, pressure, humidity of the world
        self.dead = False  # takes commands and measures nothing
        self.power_on()

    def power_on(self):
        self.registers = bytearray(256)
        self.registers[0x88 : 0x88 + 26] = self.low
        self.registers[0xE1 : 0xE1 + 7] = self.high
        self.registers[0xD0] = self.chip_id
        self.pointer = 0
        self.done_ms = None
        self._show(0x80000, 0x80000, 0x8000)

    def write(self, data, now_ms):
        self.pointer = data[0]
        for value in data[1:]:
            self.registers[self.pointer] = value
            if self.pointer == 0xF4 and value & 3 in (1, 2) and not self.dead:
                self.done_ms = now_ms + 9
            self.pointer = (self.pointer + 1) & 0xFF

    def read(self, count, now_ms):
        if self.done_ms is not None and now_ms >= self.done_ms:
            self.done_ms = None
            control, humidity = self.registers[0xF4], self.registers[0xF2]
            self._show(
                self.codes[0] if control >> 5 else 0x80000,
                self.codes[1] if control >> 2 & 7 else 0x80000,
                self.codes[2] if humidity & 7 else 0x8000,
            )
            self.registers[0xF4] = control & 0xFC
        self.registers[0xF3] = 8 if self.done_ms is not None else 0
        answer = bytes(self.registers[self.pointer : self.pointer + count])
        self.pointer = (self.pointer + count) & 0xFF
        return answer

    def _show(self, temperature, pressure, humidity):
        at = 0xF7
        for code in (pressure, temperature):
            self.registers[at : at + 3] = bytes((code >> 12, code >> 4 & 0xFF, code << 4 & 0xF0))
            at += 3
        self.registers[at : at + 2] = bytes((humidity >> 8, humidity & 0xFF))


class Sht3xChip:
    """Commands of two bytes; words of two bytes and their checksum; no acknowledgement while it measures."""

    def __init__(self):
        self.plugged = True
        self.words = (0x6666, 0x8000)
        self.damage = 0  # bits flipped in the first byte of an answer
        self.ready_ms = None
        self.answer = b""

    def write(self, data, now_ms):
        if data == b"\x24\x00":
            self.ready_ms = now_ms + 15
            self.answer = _checked(self.words[0]) + _checked(self.words[1])
        elif data == b"\xf3\x2d":
            self.ready_ms = now_ms
            self.answer = _checked(0x8010)
        else:
            raise OSError(NACK)

    def read(self, count, now_ms):
        if self.ready_ms is None or now_ms < self.ready_ms:
            raise OSError(NACK)
        self.ready_ms = None
        return bytes((self.answer[0] ^ self.damage,)) + self.answer[1:count]


def _checked(word):
    crc = 0xFF
    for byte in (word >> 8, word & 0xFF):
        for bit in range(7, -1, -1):
            top = crc >> 7 ^ byte >> bit & 1
            crc = (crc << 1 & 0xFF) ^ (0x31 if top else 0)
    return bytes((word >> 8, word & 0xFF, crc))


class InaChip:
    """INA219 (`ready` in bit 1 of the bus register) or INA226 (bit 3 of the mask register)."""

    def __init__(self, ina226):
        self.plugged = True
        self.ina226 = ina226
        self.shunt, self.bus = 0, 0  # register values of the world; the INA219's bus without its 3 low bits
        self.registers = {0: 0x4127, 0xFE: 0x5449, 0xFF: 0x2260} if ina226 else {0: 0x399F}
        self.pointer = 0
        self.ready_ms = None
        self.stuck = False

    def write(self, data, now_ms):
        self.pointer = data[0]
        if len(data) == 3:
            self.registers[self.pointer] = data[1] << 8 | data[2]
            if self.pointer == 0 and data[2] & 7 == 3 and not self.stuck:
                self.ready_ms = now_ms + (3 if self.ina226 else 2)

    def read(self, count, now_ms):
        ready = self.ready_ms is not None and now_ms >= self.ready_ms
        word = self.registers.get(self.pointer, 0)
        if self.pointer == 1 and ready:
            word = self.shunt & 0xFFFF
        elif self.pointer == 2:
            word = (self.bus if self.ina226 else self.bus << 3 | 2) if ready else 0
        elif self.pointer == 6 and self.ina226:
            word = 8 if ready else 0
        return bytes((word >> 8, word & 0xFF))[:count]


class Ds18b20Chip:
    """Scratchpad, alarm bytes in EEPROM, conversion of 750 ms."""

    def __init__(self, serial):
        self.rom = bytes([0x28] + [serial >> shift & 0xFF for shift in range(0, 48, 8)])
        self.rom += bytes((crc8(self.rom),))
        self.plugged = True
        self.sixteenths = 0  # of the world
        self.damage = 0
        self.power_on()

    def power_on(self):
        self.pad = bytearray(b"\x50\x05\x4b\x46\x7f\xff\x0c\x10")
        self.done_ms = None

    def command(self, data, now_ms):
        if data[0] == 0x44:
            self.done_ms = now_ms + 750
        elif data[0] == 0x4E and len(data) == 4:
            self.pad[2:5] = data[1:4]

    def scratchpad(self, now_ms):
        if self.done_ms is not None and now_ms >= self.done_ms:
            self.done_ms = None
            self.pad[0:2] = bytes((self.sixteenths & 0xFF, self.sixteenths >> 8 & 0xFF))
            self.pad[6] = 0x10 - (self.sixteenths & 0xF)
        pad = bytes(self.pad) + bytes((crc8(self.pad),))
        return bytes((pad[0] ^ self.damage,)) + pad[1:]


class OneWireBus:
    """onewire.OneWire with chips on it; `shorted` reads zeros."""

    def __init__(self, chips):
        self.chips = chips
        self.now_ms = 0
        self.shorted = False
        self._selected = []
        self._written = b""

    def reset(self):
        self._finish()
        return self.shorted or bool([chip for chip in self.chips if chip.plugged])

    def select_rom(self, rom):
        self.reset()
        self._selected = [chip for chip in self.chips if chip.rom == bytes(rom) and chip.plugged]
        self._written = b""

    def writebyte(self, value):
        if value == 0xCC and not self._selected and not self._written:
            self._selected = [chip for chip in self.chips if chip.plugged]
        else:
            self._written += bytes((value,))
            if value == 0x44 and len(self._written) == 1:
                self._finish()

    def write(self, buf):
        self._written += bytes(buf)

    def readinto(self, buf):
        if self.shorted:
            answer = bytes(len(buf))
        elif self._selected and self._written == b"\xbe":
            answer = self._selected[0].scratchpad(self.now_ms)
        else:
            answer = b"\xff" * len(buf)  # nobody pulls down
        for at in range(len(buf)):
            buf[at] = answer[at]

    def _finish(self):
        if self._written:
            for chip in self._selected:
                chip.command(self._written, self.now_ms)
        self._selected = []
        self._written = b""


def crc8(data):
    """1-Wire, as a shift register of single bits."""
    crc = 0
    for byte in data:
        for bit in range(8):
            feedback = (crc ^ byte >> bit) & 1
            crc >>= 1
            if feedback:
                crc ^= 0x8C
    return crc


class ModbusLine:
    """A serial port with Modbus devices on it: unit -> device. Writing while an answer is due garbles it."""

    def __init__(self, devices, latency_ms=20):
        self.devices = devices
        self.latency_ms = latency_ms
        self.now_ms = 0
        self.collisions = 0
        self.requests = []
        self._answer, self._due_ms = b"", 0
        self._received = b""

    def sleep_ms(self, ms):
        self.now_ms += ms

    def write(self, frame):
        self._arrive()
        if self._answer:
            self.collisions += 1
            self._answer = b"\x00\xff\x13"
            return
        frame = bytes(frame)
        self.requests.append((self.now_ms, frame))
        device = self.devices.get(frame[0])
        if device is not None and device.plugged and crc16(frame) == 0:
            self._answer = device.answer(frame)
            self._due_ms = self.now_ms + self.latency_ms

    def read(self, nbytes):
        self._arrive()
        taken, self._received = self._received[:nbytes], self._received[nbytes:]
        return taken or None

    def flush(self):
        pass

    def _arrive(self):
        if self._answer and self.now_ms >= self._due_ms:
            self._received += self._answer
            self._answer = b""


class ModbusDevice:
    """Holding and input registers and coils; `trouble` changes the next answers."""

    def __init__(self, unit):
        self.unit = unit
        self.plugged = True
        self.holding, self.inputs, self.coils = {}, {}, {}
        self.trouble = None  # answer -> answer
        self.deaf = False  # acknowledges writes and does nothing

    def answer(self, frame):
        body = self._body(frame[1], frame)
        answer = bytes((self.unit,)) + body
        crc = crc16(answer)
        answer += bytes((crc & 0xFF, crc >> 8))
        return answer if self.trouble is None else self.trouble(answer)

    def _body(self, function, frame):
        first, word = frame[2] << 8 | frame[3], frame[4] << 8 | frame[5]
        if function in (3, 4):
            table = self.holding if function == 3 else self.inputs
            if not 1 <= word <= 125:
                return bytes((function | 0x80, 3))
            data = b""
            for register in range(first, first + word):
                if register not in table:
                    return bytes((function | 0x80, 2))
                data += bytes((table[register] >> 8, table[register] & 0xFF))
            return bytes((function, len(data))) + data
        if function == 1:
            data = bytearray((word + 7) // 8)
            for at in range(word):
                data[at // 8] |= self.coils.get(first + at, 0) << at % 8
            return bytes((function, len(data))) + bytes(data)
        if function == 5 and word in (0x0000, 0xFF00):
            if not self.deaf:
                self.coils[first] = word >> 15
            return frame[1:6]
        if function == 6:
            self.holding[first] = word
            return frame[1:6]
        if function == 16:
            for at in range(word):
                self.holding[first + at] = frame[7 + 2 * at] << 8 | frame[8 + 2 * at]
            return frame[1:6]
        return bytes((function | 0x80, 1))


def crc16(data):
    """Modbus, as a shift register of single bits; 0 over a frame with its checksum."""
    crc = 0xFFFF
    for byte in data:
        for bit in range(8):
            feedback = (crc ^ byte >> bit) & 1
            crc >>= 1
            if feedback:
                crc ^= 0xA001
    return crc


class FakePin:
    """machine.Pin; `held` keeps its level whatever is written."""

    def __init__(self, level=0):
        self.level = level
        self.held = False
        self.handler = None

    def value(self, level=None):
        if level is not None and not self.held:
            self.level = level
        return self.level

    def irq(self, handler, trigger):
        self.handler = handler


class FakeAdc:
    """machine.ADC giving these codes in turn."""

    def __init__(self, *codes):
        self.codes = list(codes)

    def read_u16(self):
        code = self.codes.pop(0)
        self.codes.append(code)
        return code


class FakeCounter:
    """machine.Counter."""

    def __init__(self, count=0):
        self.count = count

    def value(self):
        return self.count
