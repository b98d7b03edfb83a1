// Resizing an image: the mean of the covered area where it shrinks, bilinear where it grows; each axis for itself.

interface Taps {
  /** First input sample of each output sample, and where its weights start and end. */
  readonly first: Int32Array;
  readonly start: Int32Array;
  readonly weights: Float64Array;
}

const taps = new Map<string, Taps>();

function tapsOf(input: number, output: number): Taps {
  const key = `${input}>${output}`;
  const known = taps.get(key);
  if (known !== undefined) return known;
  const scale = input / output;
  const first = new Int32Array(output);
  const start = new Int32Array(output + 1);
  const weights: number[] = [];
  for (let out = 0; out < output; out += 1) {
    if (scale >= 1) {
      const from = out * scale;
      const to = Math.min(input, (out + 1) * scale);
      first[out] = Math.floor(from);
      for (let sample = Math.floor(from); sample < to; sample += 1)
        weights.push((Math.min(to, sample + 1) - Math.max(from, sample)) / (to - from));
    } else {
      // Pixel centres lie at half: output centre (out + ½) falls on input (out + ½)·scale − ½.
      const centre = Math.min(input - 1, Math.max(0, (out + 0.5) * scale - 0.5));
      const low = Math.min(Math.floor(centre), Math.max(0, input - 2));
      first[out] = low;
      if (input === 1) weights.push(1);
      else weights.push(1 - (centre - low), centre - low);
    }
    start[out + 1] = weights.length;
  }
  const made: Taps = { first, start, weights: Float64Array.from(weights) };
  // Photos come in few sizes; a hostile archive could bring thousands.
  if (taps.size >= 64) taps.clear();
  taps.set(key, made);
  return made;
}

/** [inHeight, inWidth, channels] in 0–255 to bytes [outHeight, outWidth, channels], rounded half up. */
export function resampled(
  input: ArrayLike<number>,
  inHeight: number,
  inWidth: number,
  channels: number,
  outHeight: number,
  outWidth: number,
): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(outHeight * outWidth * channels);
  if (inHeight === outHeight && inWidth === outWidth) {
    for (let i = 0; i < out.length; i += 1) out[i] = Math.min(255, Math.max(0, input[i]! + 0.5));
    return out;
  }
  const across = tapsOf(inWidth, outWidth);
  const down = tapsOf(inHeight, outHeight);
  const rows = new Float64Array(inHeight * outWidth * channels);
  for (let y = 0; y < inHeight; y += 1)
    for (let x = 0; x < outWidth; x += 1)
      for (let channel = 0; channel < channels; channel += 1) {
        let sum = 0;
        let at = (y * inWidth + across.first[x]!) * channels + channel;
        for (let tap = across.start[x]!; tap < across.start[x + 1]!; tap += 1, at += channels)
          sum += input[at]! * across.weights[tap]!;
        rows[(y * outWidth + x) * channels + channel] = sum;
      }
  const stride = outWidth * channels;
  for (let y = 0; y < outHeight; y += 1)
    for (let i = 0; i < stride; i += 1) {
      let sum = 0;
      let at = down.first[y]! * stride + i;
      for (let tap = down.start[y]!; tap < down.start[y + 1]!; tap += 1, at += stride)
        sum += rows[at]! * down.weights[tap]!;
      out[y * stride + i] = Math.min(255, Math.max(0, sum + 0.5));
    }
  return out;
}
