// Layers as somebody puts them together: a list and its text, kept in step both ways; every change can be undone. What stands in the way of
// training is said by layer as it is typed.
import type { DataContract } from '../core/data/contract.ts';
import { familiesFor } from '../core/model/families/index.ts';
import { layerKind } from '../core/model/layer-kinds.ts';
import type { BuiltLayer, Network } from '../core/model/network.ts';
import {
  networkText,
  proven,
  readSpecText,
  unfitting,
  type NetworkProblem,
} from '../core/model/network-text.ts';
import type { LayerSpec, NetworkSpec } from '../core/model/spec.ts';
import { fail, type Result } from '../core/result.ts';

/** Changes that can be undone. */
const MOST_REMEMBERED = 200;
/** Layers of a network at most, as its schema has it. */
export const MOST_LAYERS = 64;

export class LayerDraft {
  /** A network by its schema; its shapes may not fit. */
  spec = $state.raw<NetworkSpec>({ inputShape: [1], layers: [], loss: 'mean-squared-error' });
  /** As typed; undefined: the text of `spec`. */
  #typed = $state.raw<string | undefined>();
  #past = $state.raw<readonly NetworkSpec[]>([]);
  #future = $state.raw<readonly NetworkSpec[]>([]);

  readonly checked: Result<Network, NetworkProblem> = $derived.by(() => this.#check());
  readonly text = $derived.by(() => this.#typed ?? networkText(this.spec));
  /** Why the text is no network; the list then stands as it was before. */
  readonly textProblem: string | undefined = $derived.by(() => {
    const read = this.#typed === undefined ? undefined : readSpecText(this.#typed);
    return read?.ok === false ? read.error.message : undefined;
  });
  /** Those whose shapes are proven. */
  readonly built: readonly BuiltLayer[] = $derived.by(() =>
    this.checked.ok ? this.checked.value.layers : this.checked.error.built,
  );

  constructor(
    private readonly contract: DataContract,
    start?: NetworkSpec,
  ) {
    const first = start ?? this.families[0]?.spec;
    if (first !== undefined) this.spec = first;
  }

  /** What can be begun from: the families that suit the data, with their usual settings. */
  get families(): readonly { readonly name: string; readonly title: string; readonly spec: NetworkSpec }[] {
    return familiesFor(this.contract).flatMap((family) => {
      const made = family.networkFrom(this.contract, {});
      return made.ok ? [{ name: family.name, title: family.title, spec: made.value }] : [];
    });
  }

  get canUndo(): boolean {
    return this.#past.length > 0;
  }

  get canRedo(): boolean {
    return this.#future.length > 0;
  }

  undo(): void {
    const before = this.#past.at(-1);
    if (before === undefined) return;
    this.#future = [this.spec, ...this.#future];
    this.#past = this.#past.slice(0, -1);
    this.#show(before);
  }

  redo(): void {
    const [next] = this.#future;
    if (next === undefined) return;
    this.#past = [...this.#past, this.spec];
    this.#future = this.#future.slice(1);
    this.#show(next);
  }

  startFrom(name: string): void {
    const found = this.families.find((family) => family.name === name);
    if (found !== undefined) this.#change(found.spec);
  }

  /** Behind the layer at `at`; −1: at the front. */
  add(type: LayerSpec['type'], at: number): void {
    if (this.spec.layers.length >= MOST_LAYERS) return;
    this.#layers(this.spec.layers.toSpliced(at + 1, 0, layerKind(type).usual));
  }

  remove(at: number): void {
    if (this.spec.layers.length > 1) this.#layers(this.spec.layers.toSpliced(at, 1));
  }

  move(at: number, by: -1 | 1): void {
    const layer = this.spec.layers[at];
    if (layer === undefined || this.spec.layers[at + by] === undefined) return;
    this.#layers(this.spec.layers.toSpliced(at, 1).toSpliced(at + by, 0, layer));
  }

  set(at: number, layer: LayerSpec): void {
    this.#layers(this.spec.layers.with(at, layer));
  }

  /** What is typed as text becomes the list as soon as it is one. */
  type(text: string): void {
    const read = readSpecText(text);
    if (read.ok && networkText(read.value) !== networkText(this.spec)) this.#change(read.value);
    this.#typed = text;
  }

  /** The text as the list writes it, where it is one. */
  tidy(): void {
    if (this.textProblem === undefined) this.#typed = undefined;
  }

  #layers(layers: LayerSpec[]): void {
    this.#change({ ...this.spec, layers });
  }

  #change(spec: NetworkSpec): void {
    this.#past = [...this.#past, this.spec].slice(-MOST_REMEMBERED);
    this.#future = [];
    this.#show(spec);
  }

  #show(spec: NetworkSpec): void {
    this.spec = spec;
    this.#typed = undefined;
  }

  #check(): Result<Network, NetworkProblem> {
    const read = proven(this.spec);
    if (!read.ok) return read;
    const problem = unfitting(read.value, this.contract);
    return problem === undefined ? read : fail(problem);
  }
}
