# SPDX-License-Identifier: GPL-2.0-or-later
"""Commits of patches, as they are in the trees below build/."""

import os
import subprocess
import tempfile

import bases


class Failure(Exception):
    """What is wrong, and what to do."""


def git(at, *args, check=True, stdin=None, **env):
    done = subprocess.run(['git', '-C', at, *args], text=True, input=stdin, capture_output=True,
                          check=False, env={**os.environ, 'GIT_EDITOR': 'true', **env})
    if check and done.returncode:
        said = done.stderr.strip().splitlines() or ['it says nothing']
        raise Failure(f'git {args[0]} in {bases.shown(at)}: {said[-1]}', f'all of it: git -C {at} {args[0]} ...')
    return done.stdout if check else done


def name_of(at, commit):
    return git(at, 'log', '-1', '--format=%f', commit).strip().lower() + '.patch'


def mail_of(at, commit):
    """Return a commit as tools/refresh writes it."""
    return git(at, 'format-patch', '-1', '--stdout', '-p', '--zero-commit', '--no-signature', '-N',
               '--full-index', '--no-renames', '-U3', '--no-thread', '--no-base', '--always',
               '--no-encode-email-headers', commit)


def commits(at, end='HEAD'):
    return git(at, 'rev-list', '--reverse', f'base..{end}').split()


class Chain:
    """The commits of a base, and if a patch gives what one of them does."""

    def __init__(self, base, at):
        self.base = base
        self.at = at
        self.commits = [(name_of(at, c), c) for c in commits(at)]

    def gives(self, mail, commit):
        with tempfile.TemporaryDirectory() as folder:
            return self._gives(mail, commit, {'GIT_INDEX_FILE': f'{folder}/index'})

    def _gives(self, mail, commit, index):
        git(self.at, 'read-tree', f'{commit}^', **index)
        _, diff, rest = mail.partition('\ndiff --git ')
        applied = git(self.at, 'apply', '--cached', '--whitespace=nowarn', '--allow-empty',
                      check=False, stdin=(diff + rest).lstrip(), **index)
        return applied.returncode == 0 and git(self.at, 'write-tree', **index) == \
            git(self.at, 'rev-parse', f'{commit}^{{tree}}')

    def unneeded(self):
        """Return patches of the base's own, and what would give the same in their places."""
        found = []
        for name, commit in self.commits:
            next_ = next((f / name for f in self.base.folders()[1:] if (f / name).exists()), None)
            own = self.base.folder / name
            if own.exists() and next_ and self.gives(next_.read_text(), commit):
                found.append((bases.shown(own), bases.shown(next_)))
        return found
