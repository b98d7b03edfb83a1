// The checks on the values of one client update, chunk by chunk, so that an update is never held whole in memory.
// Length in bytes and digest are the spool's; whether the round wants it is core/round's.
import { fail, ok, type Result } from '../result.ts';

/** Evidence for the person whose update it was; the shapes of protocol/refusals.ts. */
export type UpdateFault =
  | { readonly kind: 'wrong-length'; readonly expected: number; readonly got: number }
  | { readonly kind: 'not-finite'; readonly index: number }
  | {
      readonly kind: 'too-large-coordinate';
      readonly index: number;
      readonly limit: number;
      readonly got: number;
    };

export interface UpdateCheck {
  /** The first fault, if any; chunks come in order. */
  add(chunk: Float32Array): UpdateFault | undefined;
  /** ‖delta‖₂ of the whole update; lengths in bytes. */
  finish(): Result<{ readonly norm: number }, UpdateFault>;
}

/** A check of `parameterCount` coordinates, each finite and within ±`limit`. */
export function updateCheck(parameterCount: number, limit: number): UpdateCheck {
  let seen = 0;
  let squares = 0;
  let fault: UpdateFault | undefined;
  return {
    add(chunk) {
      if (fault !== undefined) return fault;
      // In a function of its own, on locals alone: five times as fast as on the closure's variables.
      const scanned = scan(chunk, limit);
      if (typeof scanned === 'object') {
        const index = seen + scanned.at;
        const got = chunk[scanned.at] ?? NaN;
        fault = Number.isFinite(got)
          ? { kind: 'too-large-coordinate', index, limit, got }
          : { kind: 'not-finite', index };
        return fault;
      }
      squares += scanned;
      seen += chunk.length;
      return undefined;
    },
    finish() {
      if (fault !== undefined) return fail(fault);
      if (seen !== parameterCount)
        return fail({ kind: 'wrong-length', expected: parameterCount * 4, got: seen * 4 });
      return ok({ norm: Math.sqrt(squares) });
    },
  };
}

/** Σ x², or the place of the first value that is not within ±limit. */
function scan(chunk: Float32Array, limit: number): number | { readonly at: number } {
  let squares = 0;
  for (let i = 0; i < chunk.length; i += 1) {
    const value = chunk[i]!;
    // NaN fails this comparison too.
    if (!(Math.abs(value) <= limit)) return { at: i };
    squares += value * value;
  }
  return squares;
}
