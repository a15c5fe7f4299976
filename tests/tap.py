# SPDX-License-Identifier: GPL-2.0-or-later
"""Python's unittest with TAP, as meson wants it."""

import sys
import unittest


class Tap(unittest.TestResult):
    """Print a TAP line for each test."""

    def __init__(self):
        super().__init__()
        self.problem = None
        self.reason = None

    def startTest(self, test):
        super().startTest(test)
        self.problem = self.reason = None

    def _failed(self, test, err):
        self.problem = (self.problem or '') + self._exc_info_to_string(err, test)

    def addError(self, test, err):
        super().addError(test, err)
        self._failed(test, err)

        # What a class has before its tests is no test
        if not isinstance(test, unittest.TestCase):
            print(f'Bail out! {test}', flush=True)
            print(''.join(f'# {line}\n' for line in self.problem.splitlines()), end='', flush=True)

    addFailure = addError

    def addSubTest(self, test, subtest, err):
        super().addSubTest(test, subtest, err)
        if err:
            self._failed(subtest, err)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.reason = reason

    def stopTest(self, test):
        name = test.id().replace('__main__.', '')
        skip = f' # SKIP {self.reason}' if self.reason else ''
        print(f'{"not ok" if self.problem else "ok"} {self.testsRun} {name}{skip}', flush=True)
        for line in (self.problem or '').splitlines():
            print(f'# {line}')
        super().stopTest(test)


def main():
    tests = unittest.defaultTestLoader.loadTestsFromNames(sys.argv[1:] or [''],
                                                          sys.modules['__main__']) \
        if sys.argv[1:] else unittest.defaultTestLoader.loadTestsFromModule(sys.modules['__main__'])
    print(f'1..{tests.countTestCases()}')
    result = Tap()
    tests.run(result)
    return 0 if result.wasSuccessful() else 1

