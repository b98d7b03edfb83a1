// A spectrogram as people draw it: time to the right, high bands on top. A model has time going down.
import { planeOf, type Plane, type PlaneContract } from '../../core/data/contract.ts';

export interface Drawn extends Plane {
  readonly pixels: Uint8Array;
}

/** Writes [frames, mels] to `into` as [mels, frames], the lowest band at the bottom. */
export function turn<Values extends Uint8Array | Float32Array>(
  values: Values,
  into: Values,
  frames: number,
  mels: number,
): Values {
  for (let frame = 0; frame < frames; frame += 1)
    for (let band = 0; band < mels; band += 1)
      into[(mels - 1 - band) * frames + frame] = values[frame * mels + band]!;
  return into;
}

export const upright = ({ height: frames, width: mels, pixels }: Drawn): Drawn => ({
  height: mels,
  width: frames,
  channels: 1,
  pixels: turn(pixels, new Uint8Array(pixels.length), frames, mels),
});

/** An example of this contract, to be drawn: a picture as it is, sound upright. */
export const drawnAs = (contract: PlaneContract, pixels: Uint8Array): Drawn => {
  const drawn = { ...planeOf(contract), pixels };
  return contract.kind === 'audio' ? upright(drawn) : drawn;
};
