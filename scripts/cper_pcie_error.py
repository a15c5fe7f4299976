# pylint: disable=R0903
# SPDX-License-Identifier: GPL-2.0-or-later
"""
PCI Express errors for ghes_inject.py.

The error record has one section, the PCI Express error section of UEFI 2.10,
appendix N.2.7. Examples:

  ghes_inject.py pcie --address 0000:00:01.0
  ghes_inject.py pcie --severity corrected --port-type 4 --address 0:0:2.0 \\
      --vendor-id 0x1b36 --device-id 0xc

With --aer the registers of the Advanced Error Reporting capability follow, as
32-bit numbers from its header on. Linux then acts upon a recoverable error.
"""

import re
import sys

from cper_memory_error import number
from qmp_helper import cper_guid, qmp, util


def pci_address(text):
    """Convert SEGMENT:BUS:DEVICE.FUNCTION, in hexadecimal"""

    found = re.fullmatch(r"([0-9a-f]{1,4}):([0-9a-f]{1,2}):([0-9a-f]{1,2})"
                         r"\.([0-7])", text, re.IGNORECASE)
    if not found or int(found.group(3), 16) > 31:
        raise ValueError
    return tuple(int(part, 16) for part in found.groups())


class PcieErrorEinj:
    """
    Implements PCI Express error injection via GHES
    """

    DESC = """
    Generates a PCI Express error CPER, as in UEFI 2.10, N.2.7.
    """

    # What the validation bits say to be there
    PORT_TYPE, VERSION, COMMAND_STATUS, DEVICE_ID = range(4)
    SERIAL, BRIDGE, CAPABILITY, AER = range(4, 8)

    CAPABILITY_SIZE = 60
    AER_SIZE = 96

    def __init__(self, subparsers):
        """Initialize the error injection class and add subparser"""

        parser = subparsers.add_parser("pcie", description=self.DESC)

        g_pcie = parser.add_argument_group("PCI Express error")
        g_pcie.add_argument("--port-type", type=number(4), metavar="N",
                            help="as in the PCI Express capability: "
                                 "0 endpoint, 4 root port, ...")
        g_pcie.add_argument("--address", type=pci_address,
                            metavar="SEGMENT:BUS:DEVICE.FUNCTION")
        for name, size in (("vendor-id", 2), ("device-id", 2),
                           ("class-code", 3), ("secondary-bus", 1),
                           ("slot", 2), ("command", 2), ("status", 2),
                           ("serial", 8)):
            g_pcie.add_argument(f"--{name}", type=number(size), metavar="N",
                                help=f"{8 * size} bits")
        g_pcie.add_argument("--aer", type=number(4), nargs="+", metavar="N",
                            help="registers, 32 bits each")

        # Add arguments for Generic Error Data
        qmp.argparse(parser)

        parser.set_defaults(func=self.send_cper)

    @staticmethod
    def device_id(args):
        """Encode the section's device ID"""

        segment, bus, device, function = args.address or (0, 0, 0, 0)
        data = bytearray()
        for value, size in ((args.vendor_id, 2), (args.device_id, 2),
                            (args.class_code, 3), (function, 1), (device, 1),
                            (segment, 2), (bus, 1), (args.secondary_bus, 1),
                            # The number has bits 3 to 15
                            ((args.slot or 0) << 3 & 0xffff, 2), (0, 1)):
            util.data_add(data, value or 0, size)
        return data

    @classmethod
    def section(cls, args):
        """Encode a PCI Express error section"""

        aer = bytearray()
        for value in args.aer or []:
            util.data_add(aer, value, 4)
        if len(aer) > cls.AER_SIZE:
            sys.exit(f"--aer: there are {cls.AER_SIZE // 4} registers")

        valid = {
            cls.PORT_TYPE: args.port_type is not None,
            # No validation bit says which parts of the device ID are
            cls.DEVICE_ID: any(value is not None for value in
                               (args.address, args.vendor_id, args.device_id,
                                args.class_code, args.secondary_bus,
                                args.slot)),
            cls.COMMAND_STATUS: args.command is not None or
                                args.status is not None,
            cls.SERIAL: args.serial is not None,
            cls.AER: bool(aer),
        }

        data = bytearray()
        util.data_add(data, sum(util.bit(b) for b, v in valid.items() if v), 8)
        util.data_add(data, args.port_type or 0, 4)
        util.data_add(data, 0, 4)
        util.data_add(data, args.command or 0, 2)
        util.data_add(data, args.status or 0, 2)
        util.data_add(data, 0, 4)
        data.extend(cls.device_id(args))
        util.data_add(data, args.serial or 0, 8)
        util.data_add(data, 0, 4)
        data.extend(bytes(cls.CAPABILITY_SIZE))
        data.extend(aer[:cls.AER_SIZE].ljust(cls.AER_SIZE, b"\0"))
        return data

    def send_cper(self, args):
        """Parse subcommand arguments and send a CPER via QMP"""

        qmp_cmd = qmp(args.host, args.port, args.debug)

        # Handle Generic Error Data arguments if any
        qmp_cmd.set_args(args)

        qmp_cmd.send_cper(cper_guid.CPER_PCIE, self.section(args))
