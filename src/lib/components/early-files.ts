// Files that were chosen before the page listened. The server sends the control with the page, and for as long as its script is on
// the way a person can use it: the browser then holds the files, and nobody hears of them.
import { tick } from 'svelte';
import type { Attachment } from 'svelte/attachments';

/** Hands the control on, once the page around it is ready, where it holds files when it is first listened to. */
export const earlyFiles =
  (take: (input: HTMLInputElement) => void): Attachment<HTMLInputElement> =>
  (input) => {
    if ((input.files?.length ?? 0) > 0) void tick().then(() => take(input));
  };
