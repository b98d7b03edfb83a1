// Protocol Buffers as they are written (protobuf.dev/programming-guides/encoding), as much of it as a few flat messages need. A field
// that has its type's zero is left out where the message says so, as proto3 does.

export type Field = readonly [
  number: number,
  type: 'varint' | 'double' | 'float' | 'bytes',
  value: number | Uint8Array,
];

/** Whole, from 0 to 2⁵³ − 1. */
export const varintField = (number: number, value: number): Field => [number, 'varint', value];
export const doubleField = (number: number, value: number): Field => [number, 'double', value];
export const floatField = (number: number, value: number): Field => [number, 'float', value];
export const bytesField = (number: number, value: Uint8Array): Field => [number, 'bytes', value];
export const textField = (number: number, value: string): Field =>
  bytesField(number, new TextEncoder().encode(value));
export const messageField = (number: number, fields: readonly Field[]): Field =>
  bytesField(number, message(fields));

export function message(fields: readonly Field[]): Uint8Array<ArrayBuffer> {
  const parts: Uint8Array[] = [];
  for (const [number, type, value] of fields)
    if (value instanceof Uint8Array) parts.push(varint(number * 8 + 2), varint(value.length), value);
    else if (type === 'varint') parts.push(varint(number * 8), varint(value));
    else if (type === 'double')
      parts.push(varint(number * 8 + 1), new Uint8Array(new Float64Array([value]).buffer));
    else parts.push(varint(number * 8 + 5), new Uint8Array(new Float32Array([value]).buffer));
  return joined(parts);
}

/** Seven bits a byte, the lowest first, the highest bit on all but the last. */
export function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  return Uint8Array.of(...bytes, rest);
}

export function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const all = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
