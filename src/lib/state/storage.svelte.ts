// How much room this browser gives, how much is used, and whether it promised to keep it.
import { bytes } from './format.ts';

export type Kept = 'unknown' | 'kept' | 'may be cleared' | 'unsupported';

export class StorageState {
  /** Bytes; null where the browser does not tell. */
  usage = $state<number | null>(null);
  quota = $state<number | null>(null);
  kept = $state<Kept>('unknown');

  readonly sentence = $derived(
    this.kept === 'kept'
      ? 'This browser has promised to keep your data until you delete it.'
      : this.kept === 'may be cleared'
        ? 'This browser may clear the data when the disk is nearly full. Keep your own copy of the files.'
        : this.kept === 'unsupported'
          ? 'This browser does not say whether it keeps the data. Keep your own copy of the files.'
          : '',
  );
  readonly room = $derived(
    this.usage === null
      ? undefined
      : this.quota === null
        ? `${bytes(this.usage)} used`
        : `${bytes(this.usage)} of ${bytes(this.quota)} used`,
  );

  /** Reads the present numbers. Absent outside a secure context, and in some private windows. */
  async read(): Promise<void> {
    const { storage } = navigator as { readonly storage?: StorageManager };
    if (storage === undefined) {
      this.kept = 'unsupported';
      return;
    }
    const [estimate, persisted] = await Promise.all([storage.estimate(), storage.persisted()]);
    this.usage = estimate.usage ?? null;
    this.quota = estimate.quota ?? null;
    this.kept = persisted ? 'kept' : 'may be cleared';
  }

  /** Asks the browser to keep the data; it may ask the person. */
  async persist(): Promise<void> {
    const { storage } = navigator as { readonly storage?: StorageManager };
    if (storage === undefined) return;
    await storage.persist();
    await this.read();
  }
}
