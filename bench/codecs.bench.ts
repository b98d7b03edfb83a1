// What an update codec costs where it runs: encoding and decoding one CNN update against copying its values, in one run; and
// what it saves on the wire.
import { random } from '../src/lib/core/random.ts';
import { codecNamed } from '../src/lib/core/update/codec/index.ts';
import { fastest, rounded } from './measure.ts';
import type { Row } from './row.ts';

/** The CNN of McMahan et al. 2017. */
const CNN = 1_663_370;

const names = ['f16', 'q8', 'eden:1', 'eden:3', 'eden:4', 'topk:0.01', 'ring:4', 'ring:32'];

export function run(): Promise<Row[]> {
  const draws = random(1, 'update');
  const values = Float32Array.from({ length: CNN }, () => (draws.next() - 0.5) * 0.02);
  const copy = new Float32Array(CNN);
  const copied = fastest(50, () => copy.set(values));
  const gigabytesASecond = (ms: number): number => rounded((4 * CNN) / 1e6 / ms);
  const rows: Row[] = [
    {
      name: 'Copying the values of one update of 1.66M parameters',
      value: gigabytesASecond(copied),
      unit: 'GB/s',
      target: null,
      ok: true,
    },
  ];
  for (const name of names) {
    const codec = codecNamed(name);
    const bytes = codec.encode(values, 'bench');
    const encoded = fastest(20, () => void codec.encode(values, 'bench'));
    const decoded = fastest(20, () => {
      const decoder = codec.decoder(CNN, 'bench', (offset, part) => copy.set(part, offset));
      if ((decoder.write(bytes) ?? decoder.end()) !== undefined) throw new Error(`${name} is not decoded.`);
    });
    const times = (4 * CNN) / bytes.length;
    rows.push(
      {
        name: `${name}: encoding, ${gigabytesASecond(encoded)} GB/s, ${rounded(encoded / copied, 0)} × copying`,
        value: rounded(encoded, 1),
        unit: 'ms',
        target: null,
        ok: true,
      },
      {
        name: `${name}: decoding, ${gigabytesASecond(decoded)} GB/s, ${rounded(decoded / copied, 0)} × copying`,
        value: rounded(decoded, 1),
        unit: 'ms',
        target: null,
        ok: true,
      },
      {
        name: `${name}: bytes saved against f32`,
        value: rounded(times),
        unit: '×',
        target: name === 'eden:3' ? '≥ 10.6' : null,
        ok: name !== 'eden:3' || times >= 10.6,
      },
    );
  }
  return Promise.resolve(rows);
}
