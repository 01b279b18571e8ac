"""A PLC that seedgrade did not write: pymodbus' server with the register map, and the contract's logic in Python.

Carries so many trays past the camera once the line is armed, then past the gates; prints one line with its address
when it listens, and one line of JSON with all that was written to it when the last tray is gone.
"""

import argparse
import asyncio
import json

from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

HEARTBEAT, STATE, ENCODER, TRIGGER, LATCHED, ACCEPTED, REFUSAL, REFUSED = 0, 1, 2, 4, 5, 7, 8, 9
VISION_HEARTBEAT, VISION_STATE, NUMBER, TRAY, FIRE_AT = 100, 101, 102, 104, 107
REGISTERS = 162
ARMED = (6, 7)
COUNTS_PER_SECOND = 800
COUNTS_BETWEEN_TRAYS = 1600
SCAN_SECONDS = 0.01
LATE_MARGIN_COUNTS = 10


def signed(counts):
    return (counts + 2**31) % 2**32 - 2**31


class Plc:
    def __init__(self, trays):
        self.words = [0] * REGISTERS
        self.words[STATE] = 1
        self.encoder = 2**32 - 500
        self.trays = trays
        self.seen = {}
        self.commands = []
        self.faults = []
        self.next_tray = None
        self.last_number = 0

    def pair(self, at):
        return self.words[at] << 16 | self.words[at + 1]

    def set_pair(self, at, value):
        self.words[at : at + 2] = [value >> 16, value & 0xFFFF]

    async def access(self, _function, start, address, count, registers, values):
        """Every request of the client: reads take what the scan left, writes are looked at."""
        if values is None:
            registers[: len(registers)] = self.words[start : start + len(registers)]
            return None
        first = address
        self.words[first : first + len(values)] = values
        if first <= NUMBER < first + len(values) and self.words[NUMBER] != self.last_number:
            if len(values) != 1:
                self.faults.append(f"register 102 was written with {len(values) - 1} others")
            self.take_command()
        elif first + len(values) > NUMBER + 1 and first <= 160:
            if self.waits_for_answer():
                self.faults.append("a command's content was written before the last one was answered")
        return None

    def waits_for_answer(self):
        return self.last_number not in (0, self.words[ACCEPTED], self.words[REFUSED])

    def take_command(self):
        number, tray, fire_at = self.words[NUMBER], self.pair(TRAY), self.pair(FIRE_AT)
        expected = self.last_number % 65535 + 1
        if self.last_number and number != expected:
            self.faults.append(f"command {number} came after {self.last_number}")
        self.last_number = number
        known = tray in self.seen and not any(c["tray"] == tray for c in self.commands)
        late = signed(fire_at - self.encoder) < LATE_MARGIN_COUNTS
        self.commands.append({"number": number, "tray": tray, "late": late, "known": known, "route": self.words[106]})
        if known and not late:
            self.words[ACCEPTED] = number
        else:
            self.words[REFUSAL] = 1 if late else 2
            self.words[REFUSED] = number

    def scan(self, elapsed):
        self.encoder = (self.encoder + round(COUNTS_PER_SECOND * elapsed)) % 2**32
        self.set_pair(ENCODER, self.encoder)
        self.words[HEARTBEAT] = (self.words[HEARTBEAT] + 1) % 2**16
        if self.words[VISION_STATE] not in ARMED:
            return
        if self.next_tray is None:
            self.next_tray = self.encoder
        if len(self.seen) < self.trays and signed(self.encoder - self.next_tray) >= 0:
            number = self.words[TRIGGER] + 1
            self.seen[number] = self.encoder
            self.set_pair(LATCHED, self.encoder)
            self.words[TRIGGER] = number
            self.next_tray = (self.encoder + COUNTS_BETWEEN_TRAYS) % 2**32

    def is_empty(self, belt_counts):
        last = list(self.seen.values())[-1:] if len(self.seen) == self.trays else []
        return any(signed(self.encoder - latched) > belt_counts for latched in last)


async def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--trays", type=int, required=True)
    parser.add_argument("--belt-counts", type=int, required=True)
    arguments = parser.parse_args()
    plc = Plc(arguments.trays)
    registers = SimData(0, values=0, count=REGISTERS, datatype=DataType.REGISTERS)
    device = SimDevice(id=1, simdata=[registers], action=plc.access)
    server = ModbusTcpServer(device, address=("127.0.0.1", 0))
    await server.listen()
    host, port = server.transport.sockets[0].getsockname()
    print(f"{host}:{port}", flush=True)
    loop = asyncio.get_running_loop()
    last = loop.time()
    has_told = False
    # The belt runs on after the last tray, until whoever started this ends it.
    while True:
        await asyncio.sleep(SCAN_SECONDS)
        now = loop.time()
        plc.scan(now - last)
        last = now
        if not has_told and plc.is_empty(arguments.belt_counts):
            account = {"triggers": sorted(plc.seen), "commands": plc.commands, "faults": plc.faults}
            print(json.dumps(account), flush=True)
            has_told = True


asyncio.run(main())
