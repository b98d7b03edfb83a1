// The numbers that both ends of the wire hold to.

/** Raised with every change of the wire; test/golden/wire.test.ts holds the schemas' hash against it. */
export const PROTOCOL_VERSION = 7;
/** socket.io's maxHttpBufferSize: a larger frame costs the sender its connection. */
export const MAXIMUM_MESSAGE_BYTES = 64 * 1024;
/** One PATCH of an upload carries at most this much; a lost connection costs no more. */
export const UPLOAD_PIECE_BYTES = 1024 * 1024;
/** An upload that receives nothing for this long is dropped. */
export const UPLOAD_IDLE_MS = 60_000;
/** A coordinate of a delta outside ±this is refused: it keeps the fixed-point sum exact (core/aggregation). */
export const MAXIMUM_COORDINATE = 64;
/** An example count above this is refused. */
export const MAXIMUM_EXAMPLES = 10_000_000;
/** Training rows a second that a device may say it was measured at. */
export const MINIMUM_RATE = 1e-3;
export const MAXIMUM_RATE = 1e9;
/** JSON bodies of the coordinator's API. */
export const MAXIMUM_JSON_BYTES = 1024 * 1024;
