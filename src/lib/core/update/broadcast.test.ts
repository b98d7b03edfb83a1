import { describe, expect, test } from 'vitest';
import { random } from '../random.ts';
import * as v from 'valibot';
import { Digest, VersionNumber } from '../ids.ts';
import { anchorOf, ANCHOR_SPAN, applyDelta, broadcast, wayTo } from './broadcast.ts';
import { codecNamed } from './codec/index.ts';

const P = 2_000;
const drawn = (label: string, scale: number): Float32Array<ArrayBuffer> => {
  const draws = random(1, label);
  return Float32Array.from({ length: P }, () => scale * draws.normal());
};
const distance = (a: Float32Array, b: Float32Array): number =>
  Math.sqrt(a.reduce((sum, value, i) => sum + (value - b[i]!) ** 2, 0));

describe('a version on its way down', () => {
  test.each(['eden:4', 'eden:1', 'q8', 'f16', 'topk:0.01'])(
    '%s: a device that holds the anchor makes the very same parameters, and the residual is what is missing',
    (name) => {
      const codec = codecNamed(name);
      const held = drawn('held', 1);
      const master = held.map((value, i) => value + drawn('step', 0.01)[i]!);
      const before = held.slice();
      const sent = broadcast(master, held, codec, 'f/version/7');
      expect(held).toEqual(before);
      expect(sent.delta.byteLength).toBe(codec.byteLength(P));
      expect(applyDelta(held, sent.delta, codec, 'f/version/7')).toEqual({
        ok: true,
        value: sent.parameters,
      });
      for (let i = 0; i < P; i += 1)
        expect(sent.residual[i]).toBe(Math.fround(master[i]! - sent.parameters[i]!));
    },
  );

  test('what a codec loses goes with the next versions: the broadcast follows a master that stands still', () => {
    const codec = codecNamed('eden:4');
    const master = drawn('master', 1);
    let held = new Float32Array(P);
    let residual = new Float32Array(P);
    const lost: number[] = [];
    for (let version = 1; version <= 4; version += 1) {
      // The strategy gives the master back: held + residual.
      const again = version === 1 ? master : held.map((value, i) => value + residual[i]!);
      const sent = broadcast(again, held, codec, `f/version/${version}`);
      held = sent.parameters;
      residual = sent.residual;
      lost.push(distance(master, held) / distance(master, new Float32Array(P)));
    }
    // EDEN at 4 bits leaves about 0.0096 of the energy, a tenth of the length, each time (ALGORITHMS, table of NMSE).
    for (const [index, share] of lost.entries()) expect(share).toBeLessThan(0.13 ** (index + 1));
  });

  test('bytes that are no encoding are a fault, and another seed gives other parameters', () => {
    const codec = codecNamed('eden:3');
    const held = drawn('held', 1);
    const sent = broadcast(drawn('master', 1), held, codec, 'a');
    expect(applyDelta(held, sent.delta.subarray(1), codec, 'a').ok).toBe(false);
    const other = applyDelta(held, sent.delta, codec, 'b');
    expect(other.ok && distance(other.value, sent.parameters)).toBeGreaterThan(1);
  });
});

describe('anchors', () => {
  const number = (version: number): VersionNumber => v.parse(VersionNumber, version);
  /** The anchors of versions 1 to `last`, each made of the one before. */
  const anchors = (last: number, codec: string): number[] => {
    const made: VersionNumber[] = [];
    for (let version = 1; version <= last; version += 1) {
      const base = { version: number(version - 1), anchor: made.at(-1) ?? null };
      made.push(anchorOf(version, base, codecNamed(codec)));
    }
    return made;
  };

  test('carry so many versions each, and the last of them is the next', () => {
    expect(ANCHOR_SPAN).toBe(32);
    expect(anchors(72, 'eden:4')).toEqual([
      ...Array<number>(32).fill(0),
      ...Array<number>(32).fill(32),
      ...Array<number>(8).fill(64),
    ]);
  });

  test('are the version before where a codec leaves coordinates out, or where the one before was sent whole', () => {
    expect(anchors(4, 'topk:0.01')).toEqual([0, 1, 2, 3]);
    expect(anchorOf(9, { version: number(8), anchor: null }, codecNamed('eden:4'))).toBe(8);
  });

  const digest = (name: number): Digest => v.parse(Digest, name.toString(16).padStart(64, '0'));
  const step = (from: number, to: number) => ({ from: digest(from), to: digest(to) });
  // Version 69 starts from 64, which starts from 32, which starts from 0.
  const differences = [step(64, 69), step(32, 64), step(0, 32)];

  test('lead from whichever is held to the version, oldest step first', () => {
    const from = (held: number) => wayTo(digest(69), differences, (anchor) => anchor === digest(held));
    expect(from(64)).toEqual({ from: digest(64), whole: false, steps: [step(64, 69)] });
    expect(from(0)).toEqual({
      from: digest(0),
      whole: false,
      steps: [step(0, 32), step(32, 64), step(64, 69)],
    });
    // Who holds another version has the nearest anchor whole, for the versions to come.
    expect(from(68)).toEqual({ from: digest(64), whole: true, steps: [step(64, 69)] });
  });

  test('that do not lead there are not followed', () => {
    expect(wayTo(digest(70), differences, () => true)).toEqual({ from: digest(70), whole: true, steps: [] });
    const torn = [step(64, 69), step(32, 63)];
    expect(wayTo(digest(69), torn, (anchor) => anchor === digest(32))).toEqual({
      from: digest(64),
      whole: true,
      steps: [step(64, 69)],
    });
  });
});
