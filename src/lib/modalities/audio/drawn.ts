// A spectrogram as people draw it: time to the right, high bands on top. A model has time going down.
import { planeOf, type Plane, type PlaneContract } from '../../core/data/contract.ts';

export interface Drawn extends Plane {
  readonly pixels: Uint8Array;
}

/** [frames, mels] → [mels, frames], the lowest band at the bottom. */
export function upright({ height: frames, width: mels, pixels }: Drawn): Drawn {
  const turned = new Uint8Array(pixels.length);
  for (let frame = 0; frame < frames; frame += 1)
    for (let band = 0; band < mels; band += 1)
      turned[(mels - 1 - band) * frames + frame] = pixels[frame * mels + band]!;
  return { height: mels, width: frames, channels: 1, pixels: turned };
}

/** An example of this contract, to be drawn: a picture as it is, sound upright. */
export const drawnAs = (contract: PlaneContract, pixels: Uint8Array): Drawn => {
  const drawn = { ...planeOf(contract), pixels };
  return contract.kind === 'audio' ? upright(drawn) : drawn;
};
