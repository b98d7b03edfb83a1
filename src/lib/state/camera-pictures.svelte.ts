// Pictures that a person takes of a few classes, a burst for as long as a button is held. They are in memory alone until the import has
// kept them; nothing is taken unless a button is held.
import { isHidden } from '../modalities/source-file.ts';
import { openCamera } from './camera.ts';
import type { ChosenFile } from './chosen-files.ts';
import { newClasses } from './class-names.ts';
import { OpenedCamera, type OpeningPort } from './opened-camera.svelte.ts';

export interface TakenPicture {
  readonly id: number;
  readonly label: string;
  /** Of one holding. */
  readonly burst: number;
  readonly blob: Blob;
  /** By which an element shows it. */
  readonly address: string;
}

export interface CameraPorts extends OpeningPort {
  /** Those of this device; named once one was allowed. */
  cameras(): Promise<readonly Pick<MediaDeviceInfo, 'deviceId' | 'label'>[]>;
  /** Returns its own undoing. */
  every(milliseconds: number, run: () => void): () => void;
  addressOf(blob: Blob): string;
  forget(address: string): void;
}

export const browserCamera: CameraPorts = {
  open: (wanted) => openCamera(wanted),
  cameras: async () =>
    (await navigator.mediaDevices.enumerateDevices()).filter(({ kind }) => kind === 'videoinput'),
  every(milliseconds, run) {
    const timer = setInterval(run, milliseconds);
    return () => clearInterval(timer);
  },
  addressOf: (blob) => URL.createObjectURL(blob),
  forget: (address) => URL.revokeObjectURL(address),
};

/** At 30 kB a picture they hold 60 MB, and a page still shows them at ease. */
export const MOST_PICTURES = 2000;
export const RATES = [2, 5, 10, 20] as const;
/** Each class is a folder to the import. */
const canBeFolder = (name: string): boolean =>
  !name.includes('/') && !name.startsWith('.') && !isHidden(name);

export interface Burst {
  readonly burst: number;
  readonly label: string;
  readonly count: number;
}

export class CameraPictures extends OpenedCamera {
  /** Why a class was not added. */
  refused = $state.raw<string | null>(null);
  classes = $state.raw<readonly string[]>([]);
  /** The class that Space takes pictures of. */
  chosen = $state.raw<string | undefined>();
  holding = $state.raw<{ readonly label: string; readonly burst: number } | null>(null);
  /** In the order in which they were taken. */
  pictures = $state.raw<readonly TakenPicture[]>([]);
  cameras = $state.raw<Awaited<ReturnType<CameraPorts['cameras']>>>([]);
  /** Only what one sees: pictures are kept as the camera sees them, as a model is shown them later. */
  mirrored = $state(true);
  perSecond = $state<number>(5);
  /** Gives what the camera shows now; undefined while it shows nothing. Whoever shows the stream sets it. */
  lens: (() => Promise<Blob | undefined>) | undefined;

  #bursts = 0;
  #ids = 0;
  #undone = 0;
  #taking: Promise<void> | undefined;
  #stopBurst: (() => void) | undefined;
  #handed: { readonly files: readonly ChosenFile[]; readonly ids: ReadonlySet<number> } | undefined;

  constructor(private readonly ports: CameraPorts = browserCamera) {
    super(ports);
  }

  readonly #byClass: ReadonlyMap<string, readonly TakenPicture[]> = $derived(
    new Map(this.classes.map((label) => [label, this.pictures.filter((one) => one.label === label)])),
  );
  /** In the order in which they were taken. */
  of(label: string): readonly TakenPicture[] {
    return this.#byClass.get(label) ?? [];
  }

  /** Why the pictures cannot be looked at yet. */
  get lacking(): string | undefined {
    if (this.classes.length < 2) return 'Name at least two classes first.';
    const empty = this.classes.find((label) => this.of(label).length === 0);
    return empty === undefined ? undefined : `Take a picture of ${empty} first, or remove the class.`;
  }

  /** One class or several with commas between: all of them or none. Returns whether they were added. */
  add(names: string): boolean {
    const added = newClasses(names, this.classes);
    const foul = added.ok ? added.value.find((name) => !canBeFolder(name)) : undefined;
    if (!added.ok || foul !== undefined) {
      this.refused = added.ok
        ? `“${foul}” cannot be the name of a class: no slash in it, and no dot before it.`
        : added.error;
      return false;
    }
    this.refused = null;
    this.classes = [...this.classes, ...added.value];
    this.chosen ??= added.value[0];
    return true;
  }
  /** With its pictures. */
  removeClass(label: string): void {
    this.release(label);
    this.#drop((one) => one.label === label);
    this.classes = this.classes.filter((name) => name !== label);
    if (this.chosen === label) this.chosen = this.classes[0];
  }

  async open(camera?: string): Promise<void> {
    const settings = await this.start(camera === undefined ? { facingMode: 'user' } : {}, camera);
    if (settings === undefined) return;
    this.mirrored = settings.facingMode !== 'environment';
    const { view } = this;
    const cameras = await this.ports.cameras();
    if (this.view === view) this.cameras = cameras;
  }
  override close(): void {
    this.release();
    super.close();
  }

  /** A picture at once, and more for as long as it is held; while another class is held nothing. */
  hold(label: string): void {
    if (!this.classes.includes(label)) return;
    this.chosen = label;
    if (this.view.type !== 'on' || this.holding !== null) return;
    this.problem = null;
    const burst = (this.#bursts += 1);
    this.holding = { label, burst };
    this.#stopBurst = this.ports.every(1000 / this.perSecond, () => this.#take(label, burst));
    this.#take(label, burst);
  }
  /** Of the class that is held, if it is this one; whichever it is without a name. */
  release(label?: string): void {
    if (this.holding === null || (label !== undefined && label !== this.holding.label)) return;
    this.#stopBurst?.();
    this.#stopBurst = undefined;
    this.holding = null;
  }

  /** Once the last picture is written down. */
  async settled(): Promise<void> {
    await this.#taking;
  }

  #take(label: string, burst: number): void {
    // A slow device takes fewer, not later ones.
    if (this.#taking !== undefined) return;
    if (this.pictures.length >= MOST_PICTURES) {
      this.release();
      this.problem = `There are ${MOST_PICTURES} pictures, as many as are held at once. Look at them, or remove some.`;
      return;
    }
    this.#taking = this.#write(label, burst).finally(() => (this.#taking = undefined));
  }
  /** Never rejects. */
  async #write(label: string, burst: number): Promise<void> {
    try {
      const blob = await this.lens?.();
      // Taken back, or its class removed, while it was written down.
      if (blob === undefined || burst === this.#undone || !this.classes.includes(label)) return;
      this.#ids += 1;
      const address = this.ports.addressOf(blob);
      this.pictures = [...this.pictures, { id: this.#ids, label, burst, blob, address }];
    } catch (error) {
      this.release();
      this.problem = error instanceof Error ? error.message : String(error);
    }
  }

  remove(id: number): void {
    this.#drop((one) => one.id === id);
  }
  /** What undo would take back. */
  get lastBurst(): Burst | undefined {
    const last = this.pictures.at(-1);
    if (last === undefined) return undefined;
    const { label, burst } = last;
    return { burst, label, count: this.pictures.filter((one) => one.burst === burst).length };
  }
  undo(): Burst | undefined {
    this.release();
    const last = this.lastBurst;
    if (last === undefined) return undefined;
    this.#undone = last.burst;
    this.#drop((one) => one.burst === last.burst);
    return last;
  }
  #drop(goes: (one: TakenPicture) => boolean): void {
    for (const one of this.pictures) if (goes(one)) this.ports.forget(one.address);
    this.pictures = this.pictures.filter((one) => !goes(one));
  }

  /** A folder for each class, as the import reads them: “cat/0001.png”. */
  files(): readonly ChosenFile[] {
    const files = this.classes.flatMap((label) =>
      this.of(label).map(({ blob }, at) => {
        const name = `${String(at + 1).padStart(4, '0')}.png`;
        return { path: `${label}/${name}`, file: new File([blob], name, { type: 'image/png' }) };
      }),
    );
    this.#handed = { files, ids: new Set(this.pictures.map(({ id }) => id)) };
    return files;
  }
  /** These are kept as a dataset: they are not held here any longer. Those taken since are. */
  kept(files: readonly ChosenFile[]): void {
    const handed = this.#handed;
    if (handed === undefined || handed.files !== files) return;
    this.#handed = undefined;
    this.#drop(({ id }) => handed.ids.has(id));
  }
  /** Nothing is held any longer. */
  dispose(): void {
    this.close();
    this.#drop(() => true);
  }
}
