# pylint: disable=R0903
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Memory errors for ghes_inject.py.

The error record has one section, the memory error section of UEFI 2.10,
appendix N.2.5. Examples, with QEMU's "-qmp tcp:localhost:4445,server,wait=off":

  ghes_inject.py memory --physical-address 0x48000000
  ghes_inject.py memory --severity corrected --type single-bit-ecc --bank 3
  ghes_inject.py memory --severity fatal --type scrub-uncorrected
"""

from qmp_helper import cper_guid, qmp, util


def number(size):
    """Return a converter from text to an unsigned number of size bytes"""

    def convert(text):
        value = int(text, 0)
        if not 0 <= value < util.bit(8 * size):
            raise ValueError
        return value

    convert.__name__ = f"{8 * size}-bit number"
    return convert


class MemoryErrorEinj:
    """
    Implements memory error injection via GHES
    """

    DESC = """
    Generates a memory error CPER, as in UEFI 2.10, N.2.5.
    """

    # Each field after the validation bits: its name, its length in bytes and
    # the validation bit that says that it is there. All are optional.
    FIELDS = (
        ("error-status",          8, 0),
        ("physical-address",      8, 1),
        ("physical-address-mask", 8, 2),
        ("node",                  2, 3),
        ("card",                  2, 4),
        ("module",                2, 5),
        ("bank",                  2, 6),
        ("device",                2, 7),
        ("row",                   2, 8),
        ("column",                2, 9),
        ("bit-position",          2, 10),
        ("requestor-id",          8, 11),
        ("responder-id",          8, 12),
        ("target-id",             8, 13),
        ("type",                  1, 14),
        ("extended",              1, None),
        ("rank",                  2, 15),
        ("card-handle",           2, 16),
        ("module-handle",         2, 17),
    )

    TYPES = (
        "unknown",
        "no-error",
        "single-bit-ecc",
        "multi-bit-ecc",
        "single-symbol-chipkill-ecc",
        "multi-symbol-chipkill-ecc",
        "master-abort",
        "target-abort",
        "parity",
        "watchdog-timeout",
        "invalid-address",
        "mirror-broken",
        "memory-sparing",
        "scrub-corrected",
        "scrub-uncorrected",
        "physical-memory-map-out",
    )

    def __init__(self, subparsers):
        """Initialize the error injection class and add subparser"""

        parser = subparsers.add_parser("memory", description=self.DESC)

        g_mem = parser.add_argument_group("Memory error")
        g_mem.add_argument("-t", "--type", choices=self.TYPES,
                           default="unknown", metavar="TYPE",
                           help="type of the error: " + ",".join(self.TYPES))
        for name, size, valid_bit in self.FIELDS:
            if name == "type" or valid_bit is None:
                continue
            g_mem.add_argument(f"--{name}", type=number(size), metavar="N",
                               help=f"{8 * size} bits")
        g_mem.add_argument("--threshold-exceeded",
                           action="store_true",
                           help="mark a corrected error as one of too many: "
                                "Linux then stops using the page")

        # Add arguments for Generic Error Data
        qmp.argparse(parser)

        parser.set_defaults(func=self.send_cper)

    @classmethod
    def section(cls, values):
        """
        Encode a memory error section. @values has numbers by name of FIELDS;
        what it does not have is marked as not valid.
        """

        valid = 0
        fields = bytearray()
        for name, size, valid_bit in cls.FIELDS:
            value = values.get(name)
            if value is not None:
                valid |= util.bit(valid_bit)
            util.data_add(fields, value or 0, size)

        data = bytearray()
        util.data_add(data, valid, 8)
        data.extend(fields)
        return data

    def send_cper(self, args):
        """Parse subcommand arguments and send a CPER via QMP"""

        values = {name: getattr(args, name.replace("-", "_"), None)
                  for name, _, _ in self.FIELDS}
        values["type"] = self.TYPES.index(args.type)

        qmp_cmd = qmp(args.host, args.port, args.debug)

        # Handle Generic Error Data arguments if any
        qmp_cmd.set_args(args)

        # A status block that says otherwise than the severity would be odd
        if (not args.block_status and
                qmp_cmd.error_severity == qmp.ERROR_SEVERITY["corrected"]):
            qmp_cmd.block_status = qmp.BLOCK_STATUS_BITS["correctable"]
        if args.threshold_exceeded:
            # UEFI 2.10, table N.5: section flags
            qmp_cmd.flags |= util.bit(3)

        qmp_cmd.send_cper(cper_guid.CPER_PLATFORM_MEM, self.section(values))
