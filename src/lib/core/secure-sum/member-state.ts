// Where one device stands in one secure sum (member.ts).
import type { Graph } from './graph.ts';
import type { Advert, Consent, Nonce, SharedKeys, SumConfig } from './messages.ts';
import type { Layout } from './neighbourhood.ts';
import type { Primitives } from './primitives.ts';

export interface MemberSetting {
  readonly config: SumConfig;
  readonly slot: number;
  readonly identity: { readonly publicKey: Uint8Array; sign(bytes: Uint8Array): Promise<Uint8Array> };
  readonly primitives: Primitives;
  /** Random bytes of a cryptographic source. */
  draw(bytes: number): Uint8Array;
  /** The fewest that this device lets itself be summed with; tests of few devices alone set it. */
  readonly least?: number;
  /** The same: of rings of few devices. */
  readonly layout?: Layout | undefined;
}

export interface Keys extends MemberSetting {
  readonly context: Uint8Array;
  /** Secret: seeds of the sealing and the masking key. */
  readonly sealSeed: Uint8Array;
  readonly maskSeed: Uint8Array;
  /** Of a large roster it is shown once all have pledged themselves. */
  readonly nonce: Uint8Array;
  readonly advert: Advert;
}
export interface Advertised extends Keys {
  readonly phase: 'advertised';
}
export interface Drawn extends Keys {
  readonly phase: 'drawn';
  readonly roster: readonly Advert[];
  readonly message: Nonce;
}
interface Rostered extends Keys {
  readonly roster: readonly Advert[];
  readonly rosterHash: Uint8Array;
  readonly graph: Graph;
  /** Secret: b, whose mask lies over this device's vector alone. */
  readonly selfSeed: Uint8Array;
  /** By slot, 65 bytes: x, the share of its b, the share of its s. Secret; at first this device's own alone. */
  readonly held: ReadonlyMap<number, Uint8Array>;
}
export interface Shared extends Rostered {
  readonly phase: 'shared';
  readonly message: SharedKeys;
  /** K_enc(v → u) by slot. */
  readonly openers: ReadonlyMap<number, Uint8Array>;
}
export interface Ready extends Rostered {
  readonly phase: 'ready';
  /** Of U2 its neighbours and itself, ascending. */
  readonly shared: readonly number[];
}
export interface Masked extends Omit<Ready, 'phase'> {
  readonly phase: 'masked';
  /** y: kept, so that whoever asks for it again gets the same words. */
  readonly masked: Uint32Array<ArrayBuffer>;
}
export interface AskedMember extends Omit<Masked, 'phase'> {
  readonly phase: 'asked' | 'answered';
  /** U3 */
  readonly summed: readonly number[];
  readonly consent: Consent;
}
export type Member = Advertised | Drawn | Shared | Ready | Masked | AskedMember;
