// An ensemble as a file: read back it is the same state, another program can use it by the columns' own units, and what does not
// hold together is refused by name.
import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { boostedTrees } from '#lib/core/trees/boosted-trees.ts';
import { readEnsemble, writeEnsemble } from '#lib/core/trees/ensemble-json.ts';
import { TreesSpec } from '#lib/core/trees/spec.ts';
import { anyValueAnywhere } from '../support/any-value-anywhere.ts';
import { mixedContract, mixedRows, mixedTargets } from '../support/mixed-table.ts';
import { trainSummed } from '../support/summed-training.ts';

const settings = v.parse(TreesSpec, { stages: 2, depth: 3, bins: 8 });

function trained(kind: 'two' | 'three' | 'number') {
  const contract = mixedContract(mixedTargets[kind]);
  const trees = boostedTrees(settings, contract);
  if (!trees.ok) throw new Error(trees.error.message);
  const { versions } = trainSummed(trees.value, [mixedRows(mixedTargets[kind], 400, 6)]);
  const textOf = (version: Float32Array): string => {
    const text = writeEnsemble(trees.value, contract, version);
    if (!text.ok) throw new Error(text.error.message);
    return text.value;
  };
  return { contract, trees: trees.value, versions, textOf };
}

test.each(['two', 'three', 'number'] as const)(
  'every version of trees for %s is read back to the bit, half grown ones too',
  (kind) => {
    const { contract, versions, textOf } = trained(kind);
    for (const version of versions) {
      const read = readEnsemble(textOf(version), contract);
      if (!read.ok) throw new Error(read.error.message);
      expect(new Uint8Array(read.value.parameters.buffer)).toEqual(new Uint8Array(version.buffer));
      expect(read.value.trees.layout.spec).toEqual(settings);
    }
    expect(versions).toHaveLength(8);
  },
);

/** The part of a file that a stranger's program would read. */
const Readable = v.object({
  trees: v.array(
    v.object({
      nodes: v.array(
        v.object({
          node: v.number(),
          type: v.string(),
          column: v.optional(v.string()),
          atMost: v.optional(v.nullable(v.number())),
          category: v.optional(v.string()),
          missing: v.optional(v.string()),
          weight: v.number(),
        }),
      ),
    }),
  ),
});

test("the file alone predicts, by the columns' own units", () => {
  const { trees, versions, textOf } = trained('two');
  const version = versions.at(-1)!;
  const ensemble = v.parse(Readable, JSON.parse(textOf(version)));
  const outputOf = (cells: Readonly<Record<string, number | string | null>>): number =>
    ensemble.trees.reduce((sum, { nodes }) => {
      let at = 0;
      for (;;) {
        const node = nodes.find((one) => one.node === at);
        if (node?.column === undefined) return sum + node!.weight;
        const cell = cells[node.column] ?? null;
        const goesLeft =
          cell === null
            ? node.missing === 'left'
            : typeof cell === 'string'
              ? cell === node.category
              : node.atMost === null || cell <= node.atMost!;
        at = 2 * at + (goesLeft ? 1 : 2);
      }
    }, 0);
  const patients = [
    { age: 30, town: 'south', dose: null },
    { age: 71, town: 'south', dose: 1.7 },
    { age: 64, town: null, dose: 0.2 },
    { age: 12, town: 'east', dose: 1.1 },
  ];
  const features = Float32Array.from(
    patients.flatMap(({ age, town, dose }) => [
      (age - 50) / 20,
      ...['north', 'south', 'east'].map((one) => (one === town ? 1 : 0)),
      dose === null ? 0 : (dose - 1) / 0.5,
      dose === null ? 1 : 0,
    ]),
  );
  const shares = trees.predict(version, features, patients.length);
  if (!shares.ok) throw new Error(shares.error.message);
  const outputs = patients.map(outputOf);
  expect(new Set(outputs).size).toBe(4);
  for (const [i, output] of outputs.entries())
    expect(shares.value[2 * i + 1]).toBeCloseTo(1 / (1 + Math.exp(-output)), 6);
});

describe('a file is refused where', () => {
  const { contract, textOf, versions } = trained('two');
  const whole = textOf(versions.at(-1)!);
  /** The sentence about a file in which `from` stands as `to`. */
  const refusal = (from: string | RegExp, to: string, of = whole): string => {
    const changed = of.replace(from, to);
    expect(changed).not.toBe(of);
    const read = readEnsemble(changed, contract);
    return read.ok ? 'it was read' : read.error.message;
  };

  test('it is no such file', () => {
    expect(refusal(/^/, 'x')).toContain('not JSON');
    expect(refusal('tributary-trees', 'other-trees')).toMatch(/^format: /);
    expect(refusal('"depth": 3', '"depth": 30')).toMatch(/^settings\.depth: /);
  });

  test('it is of other data', () => {
    expect(refusal('"no",', '"never",')).toContain('never, yes; the contract asks for no, yes');
    expect(refusal('"name": "age"', '"name": "height"')).toContain("“height”, is not the contract's “age”");
    expect(refusal('"mean": 50', '"mean": 51')).toContain('with the same scale');
  });

  test('its trees do not hold together', () => {
    expect(refusal('"node": 1,', '"node": 2,')).toContain('there twice');
    expect(refusal('"node": 14,', '"node": 15,')).toContain('too deep');
    expect(refusal('"stage": 2', '"stage": 1')).toContain('not where trees can be');
    expect(refusal('"output": 0', '"output": 1')).toContain('not in its place');
    expect(refusal('"type": "leaf"', '"type": "open"')).toContain('only the level being grown is open');
    expect(refusal(/"bin": \d+/, '"bin": 99')).toContain('there is no bin 99');
    expect(refusal(/"atMost": [\d.]+/, '"atMost": 1000')).toContain('“atMost” is 1000');
    expect(refusal(/"category": "\w+"/, '"category": "west"')).toContain('no category “west”');
    expect(refusal(/"column": "\w+"/, '"column": "weight"')).toContain('“weight” is no column of this kind');
    expect(refusal(/"edges": \[/, '"edges": [ 1e9,')).toContain('needs 7 edges, ascending');
  });

  test('it holds a root alone that claims to have split', () => {
    const rootSplit = textOf(versions[2]!);
    const ensemble: unknown = JSON.parse(rootSplit);
    const cut = v.parse(
      v.looseObject({ trees: v.array(v.looseObject({ nodes: v.array(v.unknown()) })) }),
      ensemble,
    );
    cut.trees[0]!.nodes.length = 2;
    const read = readEnsemble(JSON.stringify(cut), contract);
    expect(read).toMatchObject({ ok: false, error: { kind: 'unreadable-file' } });
    expect(read.ok ? '' : read.error.message).toContain('node 2: a split has two children');
  });
});

test('any value in any place of a file is read as trees of this contract, or refused in words', () => {
  const { contract, versions, textOf } = trained('two');
  const sample: unknown = JSON.parse(textOf(versions.at(-1)!));
  let refused = 0;
  fc.assert(
    fc.property(fc.oneof({ weight: 9, arbitrary: anyValueAnywhere(sample) }, fc.string()), (text) => {
      const read = readEnsemble(text, contract);
      if (!read.ok) {
        refused += 1;
        expect(read.error.message).toMatch(/\S.*\.$/s);
      } else expect(read.value.parameters.length).toBe(read.value.trees.parameterCount);
    }),
    { numRuns: 300, seed: 6 },
  );
  expect(refused).toBeGreaterThan(150);
});
