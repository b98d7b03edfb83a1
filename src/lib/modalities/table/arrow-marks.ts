// By which first bytes Arrow data are known: apart from the reader, which is loaded when there are some.

/** A file begins and ends with it. */
export const ARROW_NAME = 'ARROW1';

export const isArrowFile = (head: Uint8Array): boolean => beginsWith(head, ARROW_NAME);

/** A marker that a message begins, and the length of its description. (Streams of before 0.15, 2019, have no marker.) */
export const isArrowStream = (head: Uint8Array): boolean =>
  head.length >= 8 && head.subarray(0, 4).every((byte) => byte === 0xff);

export const isFirstFeather = (head: Uint8Array): boolean => beginsWith(head, 'FEA1');

const beginsWith = (bytes: Uint8Array, name: string): boolean =>
  bytes.length >= name.length && [...name].every((letter, at) => bytes[at] === letter.charCodeAt(0));
