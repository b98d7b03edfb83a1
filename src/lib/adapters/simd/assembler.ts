// A WebAssembly module written in TypeScript: expressions are the bytes of their instructions, joined as the text format
// nests them. As much of the binary format (WebAssembly Core Specification 2.0, §5) as the kernels of this folder need.

/** The instructions of an expression or statement: bytes, in order, as deep as they were put together. */
export type Code = readonly (number | Code)[];
export type ValueType = 'i32' | 'f32' | 'v128';

const typeByte = { i32: 0x7f, f32: 0x7d, v128: 0x7b } as const satisfies Record<ValueType, number>;

/** LEB128 (§5.2.2). */
function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const low = rest & 0x7f;
    rest >>>= 7;
    bytes.push(rest === 0 ? low : low | 0x80);
  } while (rest !== 0);
  return bytes;
}
function signed(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (;;) {
    const low = rest & 0x7f;
    rest >>= 7;
    if ((rest === 0 && (low & 0x40) === 0) || (rest === -1 && (low & 0x40) !== 0)) return [...bytes, low];
    bytes.push(low | 0x80);
  }
}

const simd = (opcode: number): number[] => [0xfd, ...unsigned(opcode)];
const binary =
  (...opcode: number[]) =>
  (a: Code, b: Code): Code => [a, b, opcode];
const unary =
  (...opcode: number[]) =>
  (a: Code): Code => [a, opcode];
/** Alignment is a hint; parameters lie at any multiple of four bytes. */
const load =
  (alignment: number, ...opcode: number[]) =>
  (address: Code, offset = 0): Code => [address, opcode, alignment, unsigned(offset)];
const store =
  (...opcode: number[]) =>
  (address: Code, value: Code, offset = 0): Code => [address, value, opcode, 2, unsigned(offset)];

export const i32 = {
  const: (value: number): Code => [0x41, ...signed(value)],
  add: binary(0x6a),
  sub: binary(0x6b),
  mul: binary(0x6c),
  or: binary(0x72),
  shl: binary(0x74),
  equal: binary(0x46),
  lessThan: binary(0x48),
  atLeast: binary(0x4e),
};

export const f32 = {
  add: binary(0x92),
  sub: binary(0x93),
  mul: binary(0x94),
  div: binary(0x95),
  sqrt: unary(0x91),
  equal: binary(0x5b),
  lessThan: binary(0x5d),
  load: load(2, 0x2a),
  store: store(0x38),
  const: (value: number): Code => [0x43, ...new Uint8Array(Float32Array.of(value).buffer)],
};

/** Four floats. */
export const f32x4 = {
  load: load(2, ...simd(0)),
  load32Splat: load(2, ...simd(9)),
  store: store(...simd(11)),
  splat: unary(...simd(19)),
  add: binary(...simd(228)),
  sub: binary(...simd(229)),
  mul: binary(...simd(230)),
  div: binary(...simd(231)),
  sqrt: unary(...simd(227)),
  equal: binary(...simd(65)),
  greaterThan: binary(...simd(68)),
  /** b where a < b, else a: a NaN in `a` stays. */
  pseudoMaximum: binary(...simd(235)),
  and: binary(...simd(78)),
  /** a without the bits of b. */
  andNot: binary(...simd(79)),
  convertUnsigned: unary(...simd(251)),
};
/** Four bytes from memory as eight 16-bit, then four 32-bit numbers. */
export const widen = {
  load32Zero: load(2, ...simd(92)),
  bytesLow: unary(...simd(137)),
  shortsLow: unary(...simd(169)),
};

export interface Local {
  readonly get: Code;
  set(value: Code): Code;
}

export const select = (whenTrue: Code, whenFalse: Code, condition: Code): Code => [
  whenTrue,
  whenFalse,
  condition,
  0x1b,
];
export const join = (...codes: readonly Code[]): Code => codes;
/** Adds `by` to a local. */
export const advance = (local: Local, by: Code): Code => local.set(i32.add(local.get, by));
/** Runs `body` while `condition` holds, asked before each turn. */
export const whileDo = (condition: Code, body: Code): Code => [
  [0x02, 0x40, 0x03, 0x40],
  condition,
  [0x45, 0x0d, 1],
  body,
  [0x0c, 0, 0x0b, 0x0b],
];
/** Runs `body` at least once, and again while `condition` holds. */
export const doWhile = (body: Code, condition: Code): Code => [0x03, 0x40, body, condition, 0x0d, 0, 0x0b];
export const ifThen = (condition: Code, body: Code): Code => [condition, 0x04, 0x40, body, 0x0b];
/** Copies `bytes` bytes; the ranges may overlap. */
export const memoryCopy = (to: Code, from: Code, bytes: Code): Code => [to, from, bytes, [0xfc, 10, 0, 0]];
export const memoryFill = (to: Code, value: Code, bytes: Code): Code => [to, value, bytes, [0xfc, 11, 0]];

export interface Routine {
  readonly name: string;
  readonly parameters: readonly ValueType[];
  readonly locals: readonly ValueType[];
  readonly body: Code;
}

/** A function of `integers` i32 and then `floats` f32, which `write` gets as locals behind a maker of more. Returns nothing. */
export function routine(
  name: string,
  integers: number,
  floats: number,
  write: (local: (type: ValueType) => Local, ...parameters: Local[]) => Code,
): Routine {
  const all: ValueType[] = [];
  const local = (type: ValueType): Local => {
    const index = unsigned(all.length);
    all.push(type);
    return { get: [0x20, index], set: (value) => [value, 0x21, index] };
  };
  const parameters = Array.from({ length: integers + floats }, (_, index) =>
    local(index < integers ? 'i32' : 'f32'),
  );
  const body = write(local, ...parameters);
  return { name, parameters: all.slice(0, parameters.length), locals: all.slice(parameters.length), body };
}

function flat(code: Code, into: number[] = []): number[] {
  for (const part of code)
    if (typeof part === 'number') into.push(part);
    else flat(part, into);
  return into;
}
const vector = (items: readonly Code[]): Code => [unsigned(items.length), items];
const sized = (content: Code): Code => {
  const bytes = flat(content);
  return [unsigned(bytes.length), bytes];
};
const section = (id: number, content: Code): Code => [id, sized(content)];
const text = (value: string): Code => sized([...new TextEncoder().encode(value)]);

/** The binary of a module that imports `host.memory` and exports each routine under its name. */
export function assemble(routines: readonly Routine[]): Uint8Array<ArrayBuffer> {
  const types = routines.map(({ parameters }): Code => [
    0x60,
    vector(parameters.map((type) => [typeByte[type]])),
    0,
  ]);
  const bodies = routines.map(({ locals, body }) =>
    sized([vector(locals.map((type) => [1, typeByte[type]])), body, 0x0b]),
  );
  return Uint8Array.from(
    flat([
      [0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
      section(1, vector(types)),
      // A memory of one page at least and without a maximum.
      section(2, vector([[text('host'), text('memory'), 2, 0, 1]])),
      section(3, vector(routines.map((_, index) => unsigned(index)))),
      section(7, vector(routines.map(({ name }, index) => [text(name), 0, unsigned(index)]))),
      section(10, vector(bodies)),
    ]),
  );
}
