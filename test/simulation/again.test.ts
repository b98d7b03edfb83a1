// A federated run is had again from its manifest to the same bits, and whatever is not as it was is named.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import type { AgainLine, AgainResultLine, SimulationLine } from '../../server/simulate/lines.ts';
import { readManifest, type SimulationManifest } from '../../server/simulate/manifest.ts';
import type { SimulationSetup } from '../../server/simulate/setup.ts';
import { simulate, type SimulationOptions } from '../../server/simulate/simulate.ts';
import { smallSetup } from '../support/small-simulation.ts';

const folder = mkdtempSync(join(tmpdir(), 'tributary-again-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function lines(options: Omit<SimulationOptions, 'onLine'>): Promise<SimulationLine[]> {
  const told: SimulationLine[] = [];
  await simulate({ processes: 1, ...options, onLine: (line) => told.push(line) }).done;
  return told;
}

/** The manifest of a run of this setup. */
async function first(name: string, change: Partial<SimulationSetup> = {}): Promise<SimulationManifest> {
  const manifest = join(folder, `${name}.json`);
  await lines({ begin: { ...smallSetup, ...change }, manifest });
  return readManifest(manifest);
}

async function again(before: SimulationManifest, change: Partial<SimulationSetup> = {}) {
  const told = await lines({ begin: { ...before.setup, ...change }, again: before });
  const result = told.find((line): line is AgainResultLine => line.type === 'again-result');
  if (result === undefined) throw new Error('Nothing was held against the first run.');
  return {
    result,
    rounds: told.filter((line): line is AgainLine => line.type === 'again'),
    notes: told.flatMap((line) => (line.type === 'note' ? [line.message] : [])),
  };
}

describe('a federation that is had again from its manifest', () => {
  test.each<[name: string, change: Partial<SimulationSetup>]>([
    [
      'drop-outs, unequal speeds, day and night, a strategy and a codec that remember, references',
      {
        dropout: 0.2,
        speeds: 'heavy-tailed',
        availability: 'day-night',
        strategy: { name: 'fedyogi', options: { lr: 0.03, beta1: 0.9, beta2: 0.99, tau: 0.001 } },
        uplink: 'topk:0.2',
        references: 2,
      },
    ],
    [
      'a buffer that is filled as updates come',
      {
        mode: { type: 'asynchronous', concurrency: 6 },
        strategy: { name: 'fedbuff', options: { lr: 1, maxstaleness: 20 } },
        dropout: 0.3,
        speeds: 'heavy-tailed',
      },
    ],
    ['rates that are tried (FedEx)', { tunedRates: [0.03, 0.1], uplink: 'eden:4' }],
    ['a population of rates (FedPop)', { evolvedRates: { least: 0.01, most: 0.3, population: 4 } }],
    [
      'the noise of the server',
      { privacy: { type: 'central', clipNorm: 1, noiseMultiplier: 0.5, delta: 1e-5, epsilon: 1000 } },
    ],
    ['updates that are compared', { strategy: { name: 'median', options: { lr: 1 } } }],
  ])('makes the same weights in each round: %s', async (name, change) => {
    const before = await first(name, change);
    expect(before.rounds.map(({ version }) => version)).toEqual([1, 2, 3]);
    const { result, rounds } = await again(before);
    expect(rounds.map(({ isSame, differs }) => [isSame, differs])).toEqual(rounds.map(() => [true, null]));
    expect(result).toMatchObject({ verdict: 'same', rounds: 3, firstDifferent: null });
  });

  test('tells who took part, and in which order updates were added: as they came, or where they are compared by their ids', async () => {
    const summed = await first('summed', { speeds: 'heavy-tailed', overSelection: 1.3 });
    for (const { cohort, added } of summed.rounds) {
      expect([cohort.length, added.length]).toEqual([6, 4]);
      expect(added.every((device) => cohort.includes(device))).toBe(true);
    }
    expect(summed.order).toBe('arrival');
    const compared = await first('compared', { strategy: { name: 'median', options: { lr: 1 } } });
    expect(compared.order).toBe('ids');
    const ids = compared.devices.map(({ participant }) => participant);
    for (const { added } of compared.rounds) {
      const byId = added.toSorted((a, b) => (ids[a]! < ids[b]! ? -1 : 1));
      expect([added.length, added]).toEqual([4, byId]);
    }
  });

  test('ends at the first round whose weights are others, and names it', async () => {
    const before = await first('altered');
    const [one, two, three] = before.rounds;
    const other = { ...two!, weights: one!.weights };
    const { result, rounds } = await again({ ...before, rounds: [one!, other, three!] });
    expect(rounds.map(({ isSame }) => isSame)).toEqual([true, false]);
    expect(result).toMatchObject({ verdict: 'differs', firstDifferent: 2 });
    expect(result.message).toMatch(
      /^Round 2 is the first that differs: its weights are .* in the same order\.$/,
    );
    // As many updates of the same devices, whoever else was asked: that is told, and the weights are the same.
    const wider = await again(before, { overSelection: 1.5 });
    expect(wider.notes).toEqual([expect.stringMatching(/of its spec differ: rules\.$/)]);
    expect(wider.rounds[0]).toMatchObject({ isSame: true, differs: 'other devices were asked to train' });
  });

  test('stopped before its end it is held as far as it went', async () => {
    const before = await first('stopped');
    const { result, rounds } = await again({ ...before, finished: null, rounds: before.rounds.slice(0, 2) });
    expect(rounds).toHaveLength(2);
    expect(result.message).toMatch(/2 of 2 rounds made the same weights, as far as the first run went\.$/);
    // Killed, and not stopped.
    await expect(again({ ...before, finished: null, rounds: [] })).rejects.toThrow(
      /^--again: the manifest has no rounds: its run ended before its first round was recorded/,
    );
  });

  test('trains no references once nothing more is to be learnt', async () => {
    const before = await first('cut', { references: 2 });
    const told = await lines({ begin: before.setup, again: { ...before, finished: null } });
    expect(told.map(({ type }) => type)).not.toContain('references');
    expect(told.at(-1)).toMatchObject({ type: 'again-result', verdict: 'same', rounds: 3 });
  });

  test('is as good as the same on another engine, within the tolerance', async () => {
    const before = await first('simd');
    const { result, notes } = await again(before, { backend: 'reference' });
    expect(notes[0]).toMatch(/^simd then, reference now/);
    expect(['same', 'within']).toContain(result.verdict);
    // Figures that lie apart are no run had again.
    const rounds = before.rounds.map((round) => ({ ...round, weights: null }));
    const worse = { ...before.finished!, figures: { accuracy: 0, loss: 10 } };
    expect(
      (await again({ ...before, rounds, finished: worse }, { backend: 'reference' })).result.verdict,
    ).toBe('differs');
  });

  test('is refused with other rows, by the devices that hold them; another program is told', async () => {
    const table = join(folder, 'rows.csv');
    const write = (last: number): void =>
      writeFileSync(
        table,
        `x,y\n${Array.from({ length: 60 }, (_, row) => `${row === 59 ? last : row},${row % 2 === 0 ? 'a' : 'b'}`).join('\n')}\n`,
      );
    write(59);
    const rows: Partial<SimulationSetup> = {
      data: { type: 'paths', paths: [table] },
      model: 'softmax-regression',
      test: [table],
    };
    const before = await first('table', rows);
    // Where the manifest lies, its data lies beside it.
    expect(readFileSync(join(folder, 'table.json'), 'utf8')).toContain('"paths":["rows.csv"]');
    const { libraries, ...program } = before;
    const elsewhere = { ...program, node: 'v1.0.0', libraries: { ...libraries, valibot: '0.0.1' } };
    expect((await again(elsewhere)).notes).toEqual([
      expect.stringMatching(
        /another program.*: Node v1\.0\.0 then, v.* now; valibot 0\.0\.1 then, .* now\.$/,
      ),
    ]);
    const devices = before.devices.map((device) =>
      device.device === 3 ? { ...device, data: before.test.data } : device,
    );
    await expect(again({ ...before, devices })).rejects.toThrow(
      /^--again: of 8 devices, 1 holds other rows than in the first run: 3\. Put the data back/,
    );
    const test = { rows: 59, data: before.data };
    await expect(again({ ...before, test })).rejects.toThrow(
      /judge are others than in the first run, 59 then and 60 now/,
    );
    write(58.5);
    await expect(again(before)).rejects.toThrow(/^--again: the data is other .* another data contract\. Put/);
    await expect(readManifest(table)).rejects.toThrow(/^--again .*rows\.csv: it is no manifest/);
  });
});
