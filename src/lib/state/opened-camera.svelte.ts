// A camera that is off until a person asks for it, opened once however often they ask, and stopped by whatever takes it away: the person,
// the page that is left, the tab that hides, or the system.
import type { Result } from '../core/result.ts';
import { openCamera, stopCamera } from './camera.ts';

export interface OpeningPort {
  open(wanted: MediaTrackConstraints): Promise<Result<MediaStream, string>>;
}

type View =
  | { readonly type: 'off' }
  | {
      readonly type: 'opening';
      /** The one that was asked for by its id, as when cameras are switched. */
      readonly camera: string | undefined;
    }
  | {
      readonly type: 'on';
      readonly stream: MediaStream;
      /** Which of the cameras it is. */
      readonly camera: string | undefined;
    };

export class OpenedCamera {
  view = $state.raw<View>({ type: 'off' });
  /** Why the camera is off, or a picture was not taken. */
  problem = $state.raw<string | null>(null);

  readonly #port: OpeningPort;
  /** One more with each opening and closing: what is given to an earlier one is stopped. */
  #turn = 0;

  constructor(port: OpeningPort = { open: (wanted) => openCamera(wanted) }) {
    this.#port = port;
  }

  /** What was open is closed first: many phones give one camera at a time. undefined: it was refused, or closed meanwhile. */
  async start(wanted: MediaTrackConstraints, camera?: string): Promise<MediaTrackSettings | undefined> {
    this.close();
    this.problem = null;
    const turn = this.#turn;
    this.view = { type: 'opening', camera };
    const opened = await this.#port.open({
      width: { ideal: 640 },
      ...wanted,
      ...(camera === undefined ? {} : { deviceId: { exact: camera } }),
    });
    if (turn !== this.#turn) {
      // Closed, or asked for anew, while the person was asked.
      if (opened.ok) stopCamera(opened.value);
      return undefined;
    }
    if (!opened.ok) {
      this.view = { type: 'off' };
      this.problem = opened.error;
      return undefined;
    }
    const [track] = opened.value.getVideoTracks();
    track?.addEventListener('ended', () => {
      if (turn !== this.#turn) return;
      this.close();
      this.problem =
        'The camera stopped: it was unplugged, taken by another program, or is no longer allowed.';
    });
    const settings = track?.getSettings() ?? {};
    this.view = { type: 'on', stream: opened.value, camera: settings.deviceId };
    return settings;
  }
  close(): void {
    this.#turn += 1;
    if (this.view.type === 'on') stopCamera(this.view.stream);
    this.view = { type: 'off' };
  }
  /** Of the tab. */
  hide(): void {
    if (this.view.type === 'off') return;
    this.close();
    this.problem = 'The camera was turned off when this tab went out of sight. Turn it on to go on.';
  }

  /** Shows the stream in `video`, until the undoing that it returns. */
  show(video: HTMLVideoElement, stream: MediaStream): () => void {
    video.srcObject = stream;
    video.play().catch((error: unknown) => {
      // Turned off before it played.
      if (!(error instanceof DOMException && error.name === 'AbortError'))
        this.problem = `The camera’s picture cannot be shown: ${String(error)}`;
    });
    return () => void (video.srcObject = null);
  }
}
