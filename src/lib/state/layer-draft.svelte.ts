// Layers as somebody puts them together: a list and its text, kept in step both ways; every change can be undone. What stands in the way of
// training is said by layer as it is typed.
import type { DataContract } from '../core/data/contract.ts';
import type { Frozen } from '../core/model/backbone.ts';
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

interface Stand {
  readonly spec: NetworkSpec;
  readonly weights: Frozen | null;
}

export class LayerDraft {
  /** A network by its schema; its shapes may not fit. */
  spec = $state.raw<NetworkSpec>({ inputShape: [1], layers: [], loss: 'mean-squared-error' });
  /** As typed; undefined: the text of `spec`. */
  #typed = $state.raw<string | undefined>();
  /** What the first layers stand on, where they were brought along; they are frozen. */
  weights = $state.raw<Frozen | null>(null);
  /** So many of the first layers stay as they are. */
  readonly frozen = $derived.by(() => this.weights?.layers ?? 0);
  #past = $state.raw<readonly Stand[]>([]);
  #future = $state.raw<readonly Stand[]>([]);

  readonly checked: Result<Network, NetworkProblem> = $derived.by(() => this.#check());
  readonly text = $derived.by(() => this.#typed ?? networkText(this.spec));
  /** Why the text is no network; the list then stands as it was before. */
  readonly textProblem: string | undefined = $derived.by(() => {
    if (this.#typed === undefined) return undefined;
    const read = readSpecText(this.#typed);
    if (!read.ok) return read.error.message;
    const moved = this.#frozenMoved(read.value);
    return moved === undefined
      ? undefined
      : `Layer ${moved + 1} is frozen: it stands on weights that were brought along, and stays as it is.`;
  });
  /** Those whose shapes are proven. */
  readonly built: readonly BuiltLayer[] = $derived.by(() =>
    this.checked.ok ? this.checked.value.layers : this.checked.error.built,
  );

  constructor(
    private readonly contract: DataContract,
    start?: NetworkSpec,
    weights: Frozen | null = null,
  ) {
    this.weights = weights;
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
    this.#future = [this.#stand, ...this.#future];
    this.#past = this.#past.slice(0, -1);
    this.#show(before);
  }

  redo(): void {
    const [next] = this.#future;
    if (next === undefined) return;
    this.#past = [...this.#past, this.#stand];
    this.#future = this.#future.slice(1);
    this.#show(next);
  }

  startFrom(name: string): void {
    const found = this.families.find((family) => family.name === name);
    if (found !== undefined) this.#change(found.spec, null);
  }

  /** Layers of a model that was brought along, with a head on them. */
  standOn(spec: NetworkSpec, weights: Frozen): void {
    this.#change(spec, weights);
  }

  /** Behind the layer at `at`; −1: at the front. */
  add(type: LayerSpec['type'], at: number): void {
    if (this.spec.layers.length >= MOST_LAYERS) return;
    this.#layers(this.spec.layers.toSpliced(Math.max(at + 1, this.frozen), 0, layerKind(type).usual));
  }

  remove(at: number): void {
    if (at < this.frozen || this.spec.layers.length <= this.frozen + 1) return;
    this.#layers(this.spec.layers.toSpliced(at, 1));
  }

  move(at: number, by: -1 | 1): void {
    const layer = this.spec.layers[at];
    if (layer === undefined || this.spec.layers[at + by] === undefined) return;
    if (Math.min(at, at + by) < this.frozen) return;
    this.#layers(this.spec.layers.toSpliced(at, 1).toSpliced(at + by, 0, layer));
  }

  set(at: number, layer: LayerSpec): void {
    if (at >= this.frozen) this.#layers(this.spec.layers.with(at, layer));
  }

  /** What is typed as text becomes the list as soon as it is one. */
  type(text: string): void {
    const read = readSpecText(text);
    if (
      read.ok &&
      this.#frozenMoved(read.value) === undefined &&
      networkText(read.value) !== networkText(this.spec)
    )
      this.#change(read.value);
    this.#typed = text;
  }

  /** The text as the list writes it, where it is one. */
  tidy(): void {
    if (this.textProblem === undefined) this.#typed = undefined;
  }

  /** The first frozen layer that another network has otherwise. */
  #frozenMoved({ inputShape, layers }: NetworkSpec): number | undefined {
    if (this.frozen === 0) return undefined;
    if (inputShape.join() !== this.spec.inputShape.join()) return 0;
    const at = this.spec.layers
      .slice(0, this.frozen)
      .findIndex((layer, place) => JSON.stringify(layer) !== JSON.stringify(layers[place]));
    return at < 0 ? undefined : at;
  }

  #layers(layers: LayerSpec[]): void {
    this.#change({ ...this.spec, layers });
  }

  #change(spec: NetworkSpec, weights = this.weights): void {
    this.#past = [...this.#past, this.#stand].slice(-MOST_REMEMBERED);
    this.#future = [];
    this.#show({ spec, weights });
  }

  get #stand(): Stand {
    return { spec: this.spec, weights: this.weights };
  }

  #show({ spec, weights }: Stand): void {
    this.spec = spec;
    this.weights = weights;
    this.#typed = undefined;
  }

  #check(): Result<Network, NetworkProblem> {
    const read = proven(this.spec);
    if (!read.ok) return read;
    const problem = unfitting(read.value, this.contract);
    return problem === undefined ? read : fail(problem);
  }
}
