// Storage of the plain-loop reference: f32 as the engines have it, or f64 where finite differences are taken.
export type Numbers = Float32Array | Float64Array;

/** Zeros, stored as `like` is. */
export const zeros = (like: Numbers, length: number): Numbers =>
  like instanceof Float64Array ? new Float64Array(length) : new Float32Array(length);
