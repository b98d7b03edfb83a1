// The camera, opened or refused in a sentence; and one picture of what it shows. A video and a canvas do, so that no browser is left out
// for want of ImageCapture (W3C MediaStream Image Capture), which Firefox and Safari lack or have had late.
import { fail, ok, type Result } from '../core/result.ts';

type Devices = Pick<MediaDevices, 'getUserMedia'>;

/** The stream is the caller's to stop. */
export async function openCamera(
  wanted: MediaTrackConstraints,
  devices: Devices | undefined = (globalThis.navigator as { readonly mediaDevices?: MediaDevices })
    .mediaDevices,
): Promise<Result<MediaStream, string>> {
  // Browsers show it to pages of a secure context alone.
  if (devices === undefined)
    return fail('This page has no access to a camera: it needs https, or the server on this machine.');
  try {
    return ok(await devices.getUserMedia({ video: wanted }));
  } catch (error) {
    return fail(refusalOf(error));
  }
}

/** By the names of W3C Media Capture and Streams, § 10.2.1 getUserMedia. */
function refusalOf(error: unknown): string {
  const name = error instanceof DOMException ? error.name : '';
  switch (name) {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'The camera was not allowed. Allow it by the sign beside the address (on a phone also in the system’s settings for the browser), then try again.';
    case 'NotFoundError':
      return 'There is no camera on this device. Choose picture files instead.';
    case 'OverconstrainedError':
      return 'That camera is not there any more. Try again: another one is taken.';
    case 'NotReadableError':
      return 'The camera is in use elsewhere, or the system holds it back. Close the program or tab that uses it, then try again.';
    default:
      return `The camera did not start: ${error instanceof Error ? error.message : String(error)}`;
  }
}

export const stopCamera = (stream: MediaStream): void => stream.getTracks().forEach((track) => track.stop());

/** The middle square as a PNG of `side` pixels, or of fewer where the camera has fewer; undefined while the video shows nothing yet. */
export async function pictureOf(video: HTMLVideoElement, side: number): Promise<Blob | undefined> {
  const middle = Math.min(video.videoWidth, video.videoHeight);
  if (middle === 0 || video.readyState < video.HAVE_CURRENT_DATA) return undefined;
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = Math.min(side, middle);
  const context = canvas.getContext('2d');
  if (context === null) throw new Error('This browser gave no canvas to take the picture on.');
  context.imageSmoothingQuality = 'high';
  context.drawImage(
    video,
    (video.videoWidth - middle) / 2,
    (video.videoHeight - middle) / 2,
    middle,
    middle,
    0,
    0,
    canvas.width,
    canvas.height,
  );
  const blob = await new Promise<Blob | null>((resolve) => canvas.toBlob(resolve, 'image/png'));
  if (blob === null) throw new Error('This browser could not write the picture down.');
  return blob;
}
