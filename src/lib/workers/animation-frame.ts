// Some engines stop requestAnimationFrame in the workers of hidden tabs, and TensorFlow.js waits for it between batches: here a
// frame is a task of a MessageChannel. Imported before anything that might ask for a frame.
const channel = new MessageChannel();
const waiting = new Map<number, FrameRequestCallback>();
let last = 0;

channel.port1.onmessage = (event: MessageEvent<number>) => {
  const callback = waiting.get(event.data);
  waiting.delete(event.data);
  callback?.(performance.now());
};

Object.assign(self, {
  requestAnimationFrame(callback: FrameRequestCallback): number {
    last += 1;
    waiting.set(last, callback);
    channel.port2.postMessage(last);
    return last;
  },
  cancelAnimationFrame: (frame: number): void => void waiting.delete(frame),
});
