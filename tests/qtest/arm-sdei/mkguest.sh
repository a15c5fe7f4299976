#!/bin/sh
# SPDX-License-Identifier: GPL-2.0-or-later
#
# Make guest.h, the bytes of the arm-sdei test guest, from guest.S:
#
#   sh mkguest.sh           write guest.h
#   sh mkguest.sh --check   compare only: exit 0 if guest.h is up to date,
#                           1 if it is not, 77 if there is no assembler
#
# CROSS_CC names the compiler to use; without it an AArch64 cross gcc, a native
# one or clang is looked for.  They give the same bytes: the program is one
# section, needs no linking and uses no literal pools.
#

set -eu

dir=$(cd "$(dirname "$0")" && pwd)
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

can_assemble()
{
    printf ' mrs x0, CurrentEL\n' > "$tmp/probe.s"
    "$@" -c -o "$tmp/probe.o" "$tmp/probe.s" 2> /dev/null
}

if [ -z "${CROSS_CC:-}" ]; then
    for cc in aarch64-linux-gnu-gcc gcc 'clang --target=aarch64-linux-gnu'; do
        # shellcheck disable=SC2086 # "clang --target" is two words
        if can_assemble $cc; then
            CROSS_CC=$cc
            break
        fi
    done
fi
if [ -z "${CROSS_CC:-}" ]; then
    echo "mkguest.sh: no AArch64 assembler (gcc-aarch64-linux-gnu or clang)" >&2
    exit 77
fi

objcopy=
for tool in ${OBJCOPY:-} aarch64-linux-gnu-objcopy llvm-objcopy objcopy; do
    if command -v "$tool" > /dev/null; then
        objcopy=$tool
        break
    fi
done
if [ -z "$objcopy" ]; then
    echo "mkguest.sh: no objcopy (binutils or llvm)" >&2
    exit 77
fi

$CROSS_CC -c -o "$tmp/guest.o" "$dir/guest.S"
"$objcopy" -O binary -j .text "$tmp/guest.o" "$tmp/guest.bin"

{
    cat << END
/*
 * Made by mkguest.sh from guest.S and layout.h: do not edit.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

static const uint8_t sdei_guest[] = {
END
    od -An -v -tx1 -w12 "$tmp/guest.bin" |
        sed -e 's/ \([0-9a-f][0-9a-f]\)/ 0x\1,/g' -e 's/^ /    /'
    echo '};'
} > "$tmp/guest.h"

case "${1:-}" in
--check)
    if ! cmp -s "$tmp/guest.h" "$dir/guest.h"; then
        echo "guest.h is not what guest.S gives: run $0" >&2
        diff "$dir/guest.h" "$tmp/guest.h" | head -n 10 >&2 || true
        exit 1
    fi
    ;;
'')
    cp "$tmp/guest.h" "$dir/guest.h"
    ;;
*)
    echo "usage: $0 [--check]" >&2
    exit 2
    ;;
esac
