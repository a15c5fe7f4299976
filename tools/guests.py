# SPDX-License-Identifier: GPL-2.0-or-later
"""Guests of the tests and of tools/demo: where they are, for tests/functional,
which knows them by the environment alone.
"""

import os
from pathlib import Path
import subprocess
import sys

ROOT = Path(__file__).resolve().parent.parent


def nmi_kernel():
    """Return a Linux >= 7.3 with ARM_SDEI_NMI and ACPI_AGDI, or None.

    It is an Image-VERSION-sdei in the folder SDEI_GUEST_DIR or where
    tools/guest-kernel puts it.
    """
    cache = Path(os.environ.get('XDG_CACHE_HOME') or Path.home() / '.cache')
    cache = Path(os.environ.get('SDEI_CACHE') or cache / 'qemu-sdei')
    for folder in (os.environ.get('SDEI_GUEST_DIR'), cache / 'kernel'):
        found = sorted(Path(folder).glob('Image-*-sdei')) if folder else []
        if found:
            return found[-1]
    return None


def images():
    """Return the folder of images, made if need be, or None without the tool."""
    tool = ROOT / 'tools' / 'guest-images'
    if not tool.exists():
        return None
    return subprocess.run([tool], check=True, text=True,
                          stdout=subprocess.PIPE).stdout.strip()


def set_environment():
    """Let sdei_guest.py know them; what a user has named stays."""
    if not os.environ.get('SDEI_NMI_KERNEL') and nmi_kernel():
        os.environ['SDEI_NMI_KERNEL'] = str(nmi_kernel())
    if not os.environ.get('SDEI_IMAGES'):
        made = images()
        if made:
            os.environ['SDEI_IMAGES'] = made


if __name__ == '__main__':
    try:
        set_environment()
    except subprocess.CalledProcessError:
        sys.exit('guests: tools/guest-images failed\n  -> see above')
    for name in ('SDEI_IMAGES', 'SDEI_NMI_KERNEL'):
        if os.environ.get(name):
            print(f'{name}={os.environ[name]}')
