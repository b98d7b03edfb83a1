// The codecs on offer. Adding one: a file beside this one, and its line here.
import * as v from 'valibot';
import { fail, ok, type Result } from '../../result.ts';
import type { Codec, CodecFault } from './codec.ts';
import { eden } from './eden.ts';
import { f16 } from './f16.ts';
import { f32 } from './f32.ts';
import { q8 } from './q8.ts';
import { ring } from './ring.ts';
import { ringBits } from './ring-lanes.ts';
import { topK, topK8 } from './top-k.ts';

export interface CodecKind {
  /** What stands before the colon. */
  readonly name: string;
  /** For --help and the form: `eden:1 to eden:4`. */
  readonly usage: string;
  /** Codecs of this kind that a form puts up for choice; what else `make` takes can be typed on a command line. */
  readonly offered: readonly string[];
  /** The codec of `name[:argument]`; undefined where the argument is none of its own. */
  make(argument: string | undefined): Codec | undefined;
}

const sparseKind = (
  name: string,
  offered: readonly string[],
  of: (fraction: number) => Codec,
): CodecKind => ({
  name,
  usage: `${name}:FRACTION (as ${name}:0.01)`,
  offered,
  make: (argument = '') => {
    const fraction = /^(?:1|0\.\d{1,6})$/.test(argument) ? Number(argument) : 0;
    return fraction > 0 ? of(fraction) : undefined;
  },
});

export const codecKinds: readonly CodecKind[] = [
  {
    name: 'f32',
    usage: 'f32',
    offered: ['f32'],
    make: (argument) => (argument === undefined ? f32 : undefined),
  },
  {
    name: 'f16',
    usage: 'f16',
    offered: ['f16'],
    make: (argument) => (argument === undefined ? f16 : undefined),
  },
  { name: 'q8', usage: 'q8', offered: ['q8'], make: (argument) => (argument === undefined ? q8 : undefined) },
  {
    name: 'eden',
    usage: 'eden:1 to eden:4',
    offered: ['eden:4', 'eden:3', 'eden:2', 'eden:1'],
    make: (argument) => {
      const bits = ([1, 2, 3, 4] as const).find((offered) => String(offered) === argument);
      return bits === undefined ? undefined : eden(bits);
    },
  },
  sparseKind('topk', ['topk:0.1', 'topk:0.05', 'topk:0.01'], topK),
  sparseKind('topk8', ['topk8:0.1', 'topk8:0.05', 'topk8:0.01'], topK8),
  {
    name: 'ring',
    usage: ringBits.map((bits) => `ring:${bits}`).join(', '),
    // What secure aggregation sums in; alone it costs bytes and gains nothing.
    offered: [],
    make: (argument) => {
      const bits = ringBits.find((offered) => String(offered) === argument);
      return bits === undefined ? undefined : ring(bits);
    },
  },
];

/** Reads `f32`, `eden:3` … */
export function parseCodec(text: string): Result<Codec, string> {
  const [name, argument, ...more] = text.trim().split(':');
  const codec = more.length === 0 ? codecKinds.find((kind) => kind.name === name)?.make(argument) : undefined;
  return codec === undefined
    ? fail(`“${text}” is no codec. Use one of ${codecKinds.map((kind) => kind.usage).join(', ')}.`)
    : ok(codec);
}

/** The name of a codec, as it crosses the wire. */
export const CodecName = v.pipe(
  v.string(),
  v.maxLength(40),
  v.check((text) => parseCodec(text).ok, `a codec: ${codecKinds.map((kind) => kind.usage).join(', ')}`),
);

/** The codec of a name that CodecName has read. */
export function codecNamed(name: string): Codec {
  const codec = parseCodec(name);
  if (!codec.ok) throw new RangeError(codec.error);
  return codec.value;
}

/** [length] values, or why the bytes are no encoding. */
export function decodeAll(
  codec: Codec,
  bytes: Uint8Array,
  length: number,
  seed: string,
): Result<Float32Array<ArrayBuffer>, CodecFault> {
  const values = new Float32Array(length);
  const decoder = codec.decoder(length, seed, (offset, part) => values.set(part, offset));
  const fault = decoder.write(bytes) ?? decoder.end();
  return fault === undefined ? ok(values) : fail(fault);
}
