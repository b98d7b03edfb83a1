// The device's motion sensor, allowed or refused in a sentence, by DeviceMotionEvent: every phone's browser has it, where the Generic
// Sensor API is Chromium's alone (W3C Device Orientation and Motion; Generic Sensor API).
import { fail, ok, type Result } from '../core/result.ts';
import type { MotionValues } from '../modalities/table/motion-table.ts';

/** What one event says: acceleration by itself, with gravity in it, or both. */
export interface MotionHeard {
  readonly at: number;
  readonly own: MotionValues | undefined;
  readonly withGravity: MotionValues | undefined;
}

interface Surroundings {
  readonly DeviceMotionEvent?: object;
  readonly isSecureContext: boolean;
}

const ON_A_PHONE = 'Open this page on a phone, by an https address, and record there';

export async function allowMotion(around: Surroundings = globalThis): Promise<Result<void, string>> {
  const { DeviceMotionEvent: sensor, isSecureContext } = around;
  if (!isSecureContext)
    return fail('This page has no access to motion sensors: it needs https, or the server on this machine.');
  if (sensor === undefined)
    return fail(`This browser has no motion sensor for pages. ${ON_A_PHONE}, or bring a file.`);
  // Safari on iOS and iPadOS, from 13 on, asks the person, and only after a press; newer Chromium says what its settings do.
  if (!('requestPermission' in sensor) || typeof sensor.requestPermission !== 'function')
    return ok(undefined);
  try {
    const answer: unknown = await sensor.requestPermission();
    if (answer === 'granted') return ok(undefined);
  } catch (error) {
    if (!(error instanceof DOMException && error.name === 'NotAllowedError'))
      return fail(
        `The motion sensor did not start: ${error instanceof Error ? error.message : String(error)}`,
      );
  }
  return fail(
    'The motion sensor was not allowed. Allow motion sensors by the sign beside the address; on an iPhone or iPad, which remember a refusal, close the browser, open this page anew and allow it when you are asked.',
  );
}

/** Of a device that allows it and says nothing. */
export const SILENT = `No motion sensor answered within two seconds. Laptops and desktops have none. ${ON_A_PHONE}; if this is one, let the browser’s settings give sites the motion sensors.`;

/** Undefined: the event says nothing, as the one of a device without a sensor. */
export function heardOf({
  timeStamp,
  acceleration,
  accelerationIncludingGravity,
  rotationRate,
}: Pick<DeviceMotionEvent, 'timeStamp' | 'acceleration' | 'accelerationIncludingGravity' | 'rotationRate'>):
  MotionHeard | undefined {
  const along = (of: DeviceMotionEventAcceleration | null): MotionValues | undefined => {
    if (of === null || of.x === null || of.y === null || of.z === null) return undefined;
    const { alpha = null, beta = null, gamma = null } = rotationRate ?? {};
    return [of.x, of.y, of.z, alpha ?? NaN, beta ?? NaN, gamma ?? NaN];
  };
  const [own, withGravity] = [along(acceleration), along(accelerationIncludingGravity)];
  return own === undefined && withGravity === undefined ? undefined : { at: timeStamp, own, withGravity };
}

/** Returns its own undoing. */
export function listenToMotion(heard: (one: MotionHeard) => void): () => void {
  const listen = (event: DeviceMotionEvent): void => {
    const one = heardOf(event);
    if (one !== undefined) heard(one);
  };
  addEventListener('devicemotion', listen);
  return () => removeEventListener('devicemotion', listen);
}
