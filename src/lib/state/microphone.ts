// A moment from the microphone as a WAV file. The browser's own recorder and decoder do the work, so that any codec it has will do;
// what comes out is read as every file is.
import { wavFile } from '../modalities/audio/wav.ts';

/** Listens for so long; the stream stays the caller's. Rejects where the browser cannot record or decode. */
export async function recordedWav(
  stream: MediaStream,
  milliseconds: number,
): Promise<Uint8Array<ArrayBuffer>> {
  const recorder = new MediaRecorder(stream);
  const parts: Blob[] = [];
  const stopped = new Promise<void>((resolve, reject) => {
    recorder.ondataavailable = ({ data }) => parts.push(data);
    recorder.onstop = () => resolve();
    recorder.onerror = () => reject(new Error('The recording broke off. Try again.'));
  });
  recorder.start();
  const timer = setTimeout(() => recorder.stop(), milliseconds);
  try {
    await stopped;
  } finally {
    clearTimeout(timer);
  }
  const context = new AudioContext();
  try {
    const heard = await context.decodeAudioData(await new Blob(parts).arrayBuffer());
    return wavFile(monoOf(heard), heard.sampleRate);
  } finally {
    await context.close();
  }
}

function monoOf(heard: AudioBuffer): Int16Array {
  const samples = new Int16Array(heard.length);
  const channels = Array.from({ length: heard.numberOfChannels }, (_, at) => heard.getChannelData(at));
  for (let n = 0; n < samples.length; n += 1) {
    const mean = channels.reduce((sum, channel) => sum + channel[n]!, 0) / channels.length;
    samples[n] = Math.max(-32_768, Math.min(32_767, Math.round(mean * 32_767)));
  }
  return samples;
}
