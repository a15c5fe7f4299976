# pylint: disable=R0903
# SPDX-License-Identifier: GPL-2.0-or-later
"""
Sections of random bytes for ghes_inject.py.

They try out the guest's decoder. The type is one that decoders know, or any;
what is in the section follows from the seed, so that it can be had again:

  ghes_inject.py fuzz --severity corrected
  ghes_inject.py fuzz --severity corrected --seed 1234 --type CPER_PCIE
  ghes_inject.py fuzz --type b0e7d7a0-0f3c-4b5e-9d0c-5a1f2e3d4c5b --length 7
"""

import random

from cper_memory_error import number
from qmp_helper import cper_guid, guid, qmp


class FuzzedErrorEinj:
    """
    Implements injection of random error sections via GHES
    """

    DESC = """
    Generates a CPER with one section of random bytes.
    """

    TYPES = {name: value for name, value in vars(cper_guid).items()
             if isinstance(value, guid)}

    # What fits into QEMU's error status block, less its two headers
    MAX_LENGTH = 1024 - 20 - qmp.GENERIC_DATA_SIZE

    def __init__(self, subparsers):
        """Initialize the error injection class and add subparser"""

        parser = subparsers.add_parser("fuzz", description=self.DESC)

        g_fuzz = parser.add_argument_group("Random section")
        g_fuzz.add_argument("--seed", type=number(8), metavar="N",
                            help="another one each time if not given")
        g_fuzz.add_argument("--type", metavar="TYPE",
                            help="UUID of the section's type, or one of "
                                 + ",".join(self.TYPES)
                                 + "; a random one of these if not given")
        g_fuzz.add_argument("--length", type=number(2), metavar="N",
                            help=f"in bytes; up to {self.MAX_LENGTH}")

        # Add arguments for Generic Error Data
        qmp.argparse(parser)

        parser.set_defaults(func=self.send_cper)

    def send_cper(self, args):
        """Parse subcommand arguments and send a CPER via QMP"""

        seed = args.seed
        if seed is None:
            seed = random.SystemRandom().getrandbits(32)
        rng = random.Random(seed)

        # Drawn in any case, so that neither option changes the other's value
        name = rng.choice(list(self.TYPES))
        length = rng.randrange(self.MAX_LENGTH + 1)
        if args.type:
            name = args.type
        if args.length is not None:
            length = args.length
        section_type = self.TYPES.get(name) or guid.UUID(name)
        print(f"Seed {seed}: {length} bytes of type {name}")

        qmp_cmd = qmp(args.host, args.port, args.debug)

        # Handle Generic Error Data arguments if any
        qmp_cmd.set_args(args)

        qmp_cmd.send_cper(section_type, rng.randbytes(length))
