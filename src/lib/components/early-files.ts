// Files that were chosen before the page listened. The server sends the control with the page, and for as long as its script is on
// the way a person can use it: the browser then holds the files, and nobody hears of them.
import { tick } from 'svelte';

/** On mount: hands the control on, once the page around it is ready, where it holds files already. */
export function takeEarlyFiles(
  input: HTMLInputElement | undefined,
  take: (input: HTMLInputElement) => void,
): void {
  if (input?.files != null && input.files.length > 0) void tick().then(() => take(input));
}
