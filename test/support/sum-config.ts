// A secure sum of five devices for tests and benchmarks, or what is to be different of it.
import * as v from 'valibot';
import { SumConfig } from '#lib/core/secure-sum/messages.ts';

export const sumConfig = (over: Partial<SumConfig> = {}): SumConfig =>
  v.parse(SumConfig, {
    suite: 1,
    federation: 'a-federation',
    run: 1,
    round: 1,
    version: 0,
    base: 'ab'.repeat(32),
    bits: 32,
    length: 4,
    words: 4,
    tail: 1,
    encoding: { type: 'words' },
    profile: 'standard',
    cohort: 5,
    groups: 1,
    least: 5,
    colluding: 0.1,
    leaving: 0.25,
    ...over,
  });
