// safetensors (github.com/huggingface/safetensors, format description): an 8-byte little-endian header length, a JSON header, and
// the tensors' bytes without holes. Nothing in such a file can run.
import * as v from 'valibot';
import { fail, ok, type Result } from '../result.ts';
import type { Network } from './network.ts';

export interface NamedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

export interface SafetensorsError {
  readonly kind: 'truncated' | 'header' | 'dtype' | 'layout' | 'mismatch';
  readonly message: string;
}

/** The reference implementation's own limit. */
const MAXIMUM_HEADER_BYTES = 100_000_000;

/** `parameters` [P] under the names of the network's slots. Owns its buffer. */
export function writeSafetensors(
  network: Network,
  parameters: Float32Array,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  if (parameters.length !== network.parameterCount)
    throw new Error(`Expected ${network.parameterCount} parameters, got ${parameters.length}.`);
  const header = safetensorsHeader(network, metadata);
  const file = new Uint8Array(header.length + 4 * parameters.length);
  file.set(header);
  const view = new DataView(file.buffer);
  for (let i = 0; i < parameters.length; i += 1)
    view.setFloat32(header.length + 4 * i, parameters[i] ?? 0, true);
  return file;
}

/** All that comes before the tensors: what follows is the parameters [P], f32 little-endian, as they are. Owns its buffer. */
export function safetensorsHeader(
  network: Network,
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const header: Record<string, unknown> =
    Object.keys(metadata).length === 0 ? {} : { __metadata__: metadata };
  for (const slot of network.slots)
    header[slot.name] = {
      dtype: 'F32',
      shape: slot.shape,
      data_offsets: [4 * slot.offset, 4 * (slot.offset + slot.length)],
    };
  const json = new TextEncoder().encode(JSON.stringify(header));
  // Padded by spaces, so that the tensors start at a multiple of 8.
  const headerBytes = Math.ceil(json.length / 8) * 8;
  const start = new Uint8Array(8 + headerBytes).fill(0x20, 8);
  start.set(json, 8);
  new DataView(start.buffer).setBigUint64(0, BigInt(headerBytes), true);
  return start;
}

const Entry = v.strictObject({
  dtype: v.string(),
  shape: v.pipe(v.array(v.pipe(v.number(), v.safeInteger(), v.minValue(0))), v.maxLength(16)),
  data_offsets: v.tuple([
    v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
    v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  ]),
});
const Metadata = v.record(v.string(), v.string());
const Header = v.record(v.string(), v.unknown());

/** Tensors in the order of their bytes. Any bytes may be given: what is not exactly such a file of F32 is refused. */
export function readSafetensors(
  bytes: Uint8Array,
): Result<
  { readonly tensors: readonly NamedTensor[]; readonly metadata: Readonly<Record<string, string>> },
  SafetensorsError
> {
  const refuse = (kind: SafetensorsError['kind'], message: string) =>
    fail<SafetensorsError>({ kind, message });
  if (bytes.length < 8) return refuse('truncated', 'The file is shorter than its 8-byte header length.');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const declared = view.getBigUint64(0, true);
  if (declared > BigInt(Math.min(MAXIMUM_HEADER_BYTES, bytes.length - 8)))
    return refuse(
      'truncated',
      `The header says it has ${declared} bytes, but the file has ${bytes.length - 8} after it.`,
    );
  const start = 8 + Number(declared);

  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(8, start)));
  } catch {
    return refuse('header', 'The header is not JSON.');
  }
  const header = v.safeParse(Header, parsed);
  if (!header.success || Array.isArray(parsed)) return refuse('header', 'The header is not an object.');
  const metadata = v.safeParse(
    Metadata,
    Object.hasOwn(header.output, '__metadata__') ? header.output['__metadata__'] : {},
  );
  if (!metadata.success) return refuse('header', 'The metadata may hold only text.');

  const entries: { readonly name: string; readonly entry: v.InferOutput<typeof Entry> }[] = [];
  for (const [name, value] of Object.entries(header.output)) {
    if (name === '__metadata__') continue;
    const entry = v.safeParse(Entry, value);
    if (!entry.success)
      return refuse('header', `Tensor "${name}" is not described by dtype, shape and data_offsets.`);
    if (entry.output.dtype !== 'F32')
      return refuse('dtype', `Tensor "${name}" holds ${entry.output.dtype}; only F32 is read.`);
    entries.push({ name, entry: entry.output });
  }
  entries.sort(
    (a, b) =>
      a.entry.data_offsets[0] - b.entry.data_offsets[0] || a.entry.data_offsets[1] - b.entry.data_offsets[1],
  );

  const tensors: NamedTensor[] = [];
  let expected = 0;
  for (const { name, entry } of entries) {
    const [from, to] = entry.data_offsets;
    const length = entry.shape.reduce((total, side) => total * side, 1);
    if (from !== expected || to - from !== 4 * length || start + to > bytes.length)
      return refuse(
        'layout',
        `Tensor "${name}" of shape [${entry.shape.join(', ')}] cannot lie at bytes ${from} to ${to}.`,
      );
    const values = new Float32Array(length);
    for (let i = 0; i < length; i += 1) values[i] = view.getFloat32(start + from + 4 * i, true);
    tensors.push({ name, shape: entry.shape, values });
    expected = to;
  }
  if (start + expected !== bytes.length)
    return refuse('layout', `${bytes.length - start - expected} bytes of the file belong to no tensor.`);
  return ok({ tensors, metadata: metadata.output });
}

/** The flat parameters [P] of a network from tensors by name; every slot must be there in its shape, and nothing else. */
export function parametersFrom(
  network: Network,
  tensors: readonly NamedTensor[],
): Result<Float32Array<ArrayBuffer>, SafetensorsError> {
  const byName = new Map(tensors.map((tensor) => [tensor.name, tensor]));
  const parameters = new Float32Array(network.parameterCount);
  for (const slot of network.slots) {
    const tensor = byName.get(slot.name);
    const got = tensor === undefined ? 'none' : `[${tensor.shape.join(', ')}]`;
    if (tensor === undefined || tensor.shape.join() !== slot.shape.join())
      return fail({
        kind: 'mismatch',
        message: `Expected ${slot.name} of shape [${slot.shape.join(', ')}], got ${got}.`,
      });
    parameters.set(tensor.values, slot.offset);
  }
  if (byName.size !== network.slots.length)
    return fail({
      kind: 'mismatch',
      message: `Expected ${network.slots.length} tensors, got ${byName.size}.`,
    });
  return ok(parameters);
}
