// Sound at another rate: band-limited interpolation by a windowed sinc (Smith, "Digital Audio Resampling", CCRMA), the kernel as in
// torchaudio.functional.resample (sinc_interp_hann): sinc(t)·cos²(πt / 2z) over z zero crossings to each side.

/** Zero crossings to each side: more give a steeper edge and cost in proportion. */
const CROSSINGS = 16;
/** The pass band ends so far below half of the lower rate: what the edge lets through beyond that folds back there. */
const ROLLOFF = 0.95;

const divisor = (a: number, b: number): number => (b === 0 ? a : divisor(b, a % b));

/** `samples` at `from` Hz as samples at `to` Hz: ⌈length·to/from⌉ of them. A new array. About 32 products a sample of the lower rate. */
export function resampled(samples: Float32Array, from: number, to: number): Float32Array<ArrayBuffer> {
  if (from === to) return samples.slice();
  const common = divisor(from, to);
  const [old, next] = [from / common, to / common];
  const cutoff = Math.min(1, next / old) * ROLLOFF;
  const reach = Math.ceil(CROSSINGS / cutoff);
  const kernels = new Map<number, Float64Array>();
  const out = new Float32Array(Math.ceil((samples.length * next) / old));
  for (let n = 0; n < out.length; n += 1) {
    const phase = (n * old) % next;
    const middle = (n * old - phase) / next;
    let kernel = kernels.get(phase);
    if (kernel === undefined) kernels.set(phase, (kernel = kernelAt(phase / next, reach, cutoff)));
    const first = Math.max(0, middle - reach);
    const last = Math.min(samples.length - 1, middle + reach + 1);
    let sum = 0;
    for (let k = first; k <= last; k += 1) sum += samples[k]! * kernel[k - middle + reach]!;
    out[n] = sum;
  }
  return out;
}

/** Weights of the samples −reach … reach + 1 about a place `offset` (0–1) after the middle one. */
function kernelAt(offset: number, reach: number, cutoff: number): Float64Array {
  return Float64Array.from({ length: 2 * reach + 2 }, (_, index) => {
    const t = (index - reach - offset) * cutoff;
    if (Math.abs(t) >= CROSSINGS) return 0;
    const sinc = t === 0 ? 1 : Math.sin(Math.PI * t) / (Math.PI * t);
    return cutoff * sinc * Math.cos((Math.PI * t) / (2 * CROSSINGS)) ** 2;
  });
}
