// A value as bytes, to be sealed: JSON with the typed arrays lifted out of it and laid behind, each at a multiple of 8. What IndexedDB
// clones and this does not (dates, maps, cycles) is kept in no store that is sealed.

const arrays = { Uint8Array, Int16Array, Int32Array, Uint32Array, Float32Array, Float64Array } as const;
type ArrayName = keyof typeof arrays;

interface Lifted {
  /** Which array, where its bytes begin behind the JSON, and how many values it has. */
  readonly $array: ArrayName;
  readonly at: number;
  readonly length: number;
}

const aligned = (length: number): number => Math.ceil(length / 8) * 8;

/** [u32 length of the JSON][JSON, padded][arrays] */
export function pack(value: unknown): Uint8Array<ArrayBuffer> {
  const lifted: { readonly at: number; readonly bytes: Uint8Array }[] = [];
  let end = 0;
  const text = JSON.stringify(value, (_, part: unknown) => {
    if (typeof part === 'number' && !Number.isFinite(part)) return { $number: String(part) };
    if (!ArrayBuffer.isView(part)) return part;
    const name = part.constructor.name;
    if (!isArrayName(name)) throw new Error(`${name} cannot be sealed.`);
    const at = end;
    lifted.push({ at, bytes: new Uint8Array(part.buffer, part.byteOffset, part.byteLength) });
    end = aligned(at + part.byteLength);
    return { $array: name, at, length: part.byteLength / arrays[name].BYTES_PER_ELEMENT } satisfies Lifted;
  });
  const json = new TextEncoder().encode(text);
  const start = aligned(4 + json.length);
  const packed = new Uint8Array(start + end);
  new DataView(packed.buffer).setUint32(0, json.length, true);
  packed.set(json, 4);
  for (const { at, bytes } of lifted) packed.set(bytes, start + at);
  return packed;
}

/** The arrays own their buffers. */
export function unpack(packed: ArrayBuffer): unknown {
  const length = new DataView(packed).getUint32(0, true);
  const start = aligned(4 + length);
  return JSON.parse(new TextDecoder().decode(new Uint8Array(packed, 4, length)), (_, part: unknown) => {
    if (typeof part !== 'object' || part === null) return part;
    if ('$number' in part) return Number(part.$number);
    if (!isLifted(part)) return part;
    const { $array, at, length } = part;
    const bytes = length * arrays[$array].BYTES_PER_ELEMENT;
    return new arrays[$array](packed.slice(start + at, start + at + bytes));
  });
}

const isArrayName = (name: unknown): name is ArrayName =>
  typeof name === 'string' && Object.hasOwn(arrays, name);
const isLifted = (part: object): part is Lifted => '$array' in part && isArrayName(part.$array);
