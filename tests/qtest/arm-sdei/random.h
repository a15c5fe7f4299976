/*
 * Random numbers for tests: fast, and the same everywhere (splitmix64)
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef ARM_SDEI_TEST_RANDOM_H
#define ARM_SDEI_TEST_RANDOM_H

static inline uint64_t rnd(uint64_t *state)
{
    uint64_t z = (*state += 0x9e3779b97f4a7c15ull);

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}

static inline uint32_t below(uint64_t *state, uint32_t n)
{
    return ((rnd(state) >> 32) * n) >> 32;
}

#endif
