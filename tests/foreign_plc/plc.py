"""A PLC that seedgrade did not write: pymodbus' server with the register map, and the contract's logic in Python.

Carries so many trays past the camera once the line is armed, then past the gates; prints one line with its address
when it listens, and one line of JSON with all that was written to it when the last tray is gone.

Commands are read and answered in a later scan, by what stands in the registers then. The connection breaks between
some writes of register 102 and their replies.
"""

import argparse
import asyncio
import json
import random

from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice

HEARTBEAT, STATE, ENCODER, TRIGGER, LATCHED, ACCEPTED, REFUSAL, REFUSED = 0, 1, 2, 4, 5, 7, 8, 9
VISION_HEARTBEAT, VISION_STATE, NUMBER, TRAY, GATE, FIRE_AT = 100, 101, 102, 104, 106, 107
REGISTERS = 162
ARMED = (6, 7)
CONTENT = range(103, 161)
COUNTS_PER_SECOND = 2000
COUNTS_BETWEEN_TRAYS = 700
# So that a machine which is slow to judge trays gets no more of them than it can hold.
MOST_TRAYS_WITHOUT_COMMAND = 2
SCAN_SECONDS = 0.01
LATE_MARGIN_COUNTS = 10
ANSWER_SECONDS = (0.05, 0.3)
# Every so many commands the answer takes longer than the next tray, and the next command must wait.
COMMANDS_TO_A_SLOW_ANSWER = 5
SLOW_ANSWER_SECONDS = 0.7
COMMANDS_TO_A_LOST_REPLY = 8


def signed(counts):
    return (counts + 2**31) % 2**32 - 2**31


class Plc:
    def __init__(self, trays, low_first):
        self.low_first = low_first
        self.words = [0] * REGISTERS
        self.words[STATE] = 1
        self.encoder = 2**32 - 500
        self.trays = trays
        self.seen = {}
        self.commands = []
        self.faults = []
        self.next_tray = None
        self.last_number = 0
        self.numbers = 0
        self.answers_at = None
        self.lost_replies = 0
        self.break_connections = lambda: None

    def pair(self, at):
        high, low = sorted((at, at + 1), reverse=self.low_first)
        return self.words[high] << 16 | self.words[low]

    def set_pair(self, at, value):
        high, low = sorted((at, at + 1), reverse=self.low_first)
        self.words[high], self.words[low] = value >> 16, value & 0xFFFF

    async def access(self, _function, start, address, count, registers, values):
        """Every request of the client: reads take what the scan left, writes are looked at."""
        if values is None:
            registers[: len(registers)] = self.words
            return None
        first = address - start
        written = range(first, first + len(values))
        self.words[first : first + len(values)] = values
        has_number = NUMBER in written and self.words[NUMBER] != self.last_number
        if self.answers_at is not None and (has_number or any(at in written for at in CONTENT)):
            self.faults.append(f"{written} was written before command {self.last_number} was answered")
        if has_number:
            if len(values) != 1:
                self.faults.append(f"register 102 was written with {len(values) - 1} others")
            self.take_number()
        return None

    def take_number(self):
        number = self.words[NUMBER]
        expected = self.last_number % 65535 + 1
        if self.last_number and number != expected:
            self.faults.append(f"command {number} came after {self.last_number}")
        self.last_number = number
        self.numbers += 1
        is_slow = self.numbers % COMMANDS_TO_A_SLOW_ANSWER == 0
        wait = SLOW_ANSWER_SECONDS if is_slow else random.uniform(*ANSWER_SECONDS)
        self.answers_at = asyncio.get_running_loop().time() + wait
        if self.numbers % COMMANDS_TO_A_LOST_REPLY == 0:
            self.lost_replies += 1
            self.break_connections()

    def answer(self):
        number, tray, fire_at = self.words[NUMBER], self.pair(TRAY), self.pair(FIRE_AT)
        known = tray in self.seen and not any(c["tray"] == tray for c in self.commands)
        late = signed(fire_at - self.encoder) < LATE_MARGIN_COUNTS
        told = {"number": number, "tray": tray, "fire_at": fire_at, "gate": self.words[GATE]}
        self.commands.append(told | {"late": late, "known": known, "latched": self.seen.get(tray)})
        self.answers_at = None
        if known and not late:
            self.words[ACCEPTED] = number
        else:
            self.words[REFUSAL] = 1 if late else 2
            self.words[REFUSED] = number

    def without_command(self, belt_counts):
        """Trays on the belt that no command came for yet."""
        told = {command["tray"] for command in self.commands}
        return sum(
            tray not in told and signed(self.encoder - latched) <= belt_counts
            for tray, latched in self.seen.items()
        )

    def scan(self, elapsed, belt_counts):
        self.encoder = (self.encoder + round(COUNTS_PER_SECOND * elapsed)) % 2**32
        self.set_pair(ENCODER, self.encoder)
        self.words[HEARTBEAT] = (self.words[HEARTBEAT] + 1) % 2**16
        if self.answers_at is not None and asyncio.get_running_loop().time() >= self.answers_at:
            self.answer()
        if self.words[VISION_STATE] not in ARMED:
            return
        if self.next_tray is None:
            self.next_tray = self.encoder
        has_room = self.without_command(belt_counts) < MOST_TRAYS_WITHOUT_COMMAND
        if len(self.seen) < self.trays and has_room and signed(self.encoder - self.next_tray) >= 0:
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
    parser.add_argument("--unit", type=int, default=1)
    parser.add_argument("--base", type=int, default=0)
    parser.add_argument("--low-first", action="store_true")
    arguments = parser.parse_args()
    plc = Plc(arguments.trays, arguments.low_first)
    registers = SimData(arguments.base, values=0, count=REGISTERS, datatype=DataType.REGISTERS)
    device = SimDevice(id=arguments.unit, simdata=[registers], action=plc.access)
    server = ModbusTcpServer(device, address=("127.0.0.1", 0))
    plc.break_connections = lambda: [c.transport.abort() for c in list(server.active_connections.values())]
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
        plc.scan(now - last, arguments.belt_counts)
        last = now
        if not has_told and plc.is_empty(arguments.belt_counts):
            account = {"triggers": sorted(plc.seen), "commands": plc.commands, "faults": plc.faults}
            account["lost_replies"] = plc.lost_replies
            print(json.dumps(account), flush=True)
            has_told = True


asyncio.run(main())
