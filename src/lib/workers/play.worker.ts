// The playground worker: a whole federation off the page. It has no way to the network or to storage.
import { play } from './play.ts';
import type { PlayReply, PlayRequest } from './play-messages.ts';

const handle = play((message: PlayReply) => self.postMessage(message));

self.onmessage = (event: MessageEvent<PlayRequest>) => handle(event.data);
