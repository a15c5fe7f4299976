# SPDX-License-Identifier: GPL-2.0-or-later
"""The part of SDEI in a migration stream, found and spoilt"""

import re

SECTION_FULL, SECTION_FOOTER = b'\x04', b'\x7e'
SECTION = re.compile(SECTION_FULL + rb'(.{4})\x08arm-sdei.{4}.{4}', re.S)


def find_section(stream):
    """Return where the device's state begins and ends in a whole stream."""
    found = SECTION.search(stream)
    if not found:
        raise ValueError('there is no section arm-sdei')
    end = stream.index(SECTION_FOOTER + found[1], found.end())
    return found.end(), end


def some_byte(rng, old):
    return rng.choice((old ^ 1 << rng.randrange(8), old + 1 & 255,
                       old - 1 & 255, 0, 0xff, rng.randrange(256)))


def spoil(rng, stream):
    """Return @stream with some bytes of the device's state changed."""
    start, end = find_section(stream)
    stream = bytearray(stream)
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        at = rng.randrange(start, end)
        how = rng.randrange(16)
        if how == 0:
            # One field where another one was, as an array moved by one has it
            length = rng.choice((1, 4, 8, 33))
            other = rng.randrange(start, end)
            piece = stream[other:other + length]
            stream[at:at + len(piece)] = piece
        elif how == 1:
            del stream[at:at + rng.choice((1, 4, 8))]
            end = min(end, len(stream))
        elif how == 2:
            stream[at:at] = bytes(rng.choice((1, 4, 8)))
        else:
            stream[at] = some_byte(rng, stream[at])
    return bytes(stream)
