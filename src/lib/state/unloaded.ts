/** Of a file, where the part of the page that reads it did not come. */
export const READER_NOT_LOADED =
  'What reads it could not be loaded. Try again when the server is to be reached; if that does not help, load the page again.';
