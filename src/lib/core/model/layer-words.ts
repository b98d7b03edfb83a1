// A layer in words, as a table of layers has it.
import type { LayerSpec } from './spec.ts';

const sides = (shape: readonly number[]): string => shape.join(' × ');

/** What it is, and what is set of it. */
export function layerWords(spec: LayerSpec): string {
  switch (spec.type) {
    case 'dense':
      return `Dense, ${spec.activation}`;
    case 'conv2d':
      return `Convolution ${sides(spec.kernelSize)}, ${spec.padding}, ${spec.activation}`;
    case 'max-pool2d':
      return `Max pooling ${sides(spec.poolSize)}, ${spec.padding}`;
    case 'average-pool2d':
      return `Average pooling ${sides(spec.poolSize)}, ${spec.padding}`;
    case 'global-average-pool2d':
      return 'Global average pooling';
    case 'flatten':
      return 'Flatten';
    case 'reshape':
      return `Reshape to ${sides(spec.shape)}`;
    case 'activation':
      return `Activation, ${spec.activation}`;
    case 'batch-normalisation':
      return 'Batch normalisation';
    case 'dropout':
      return `Dropout ${spec.rate}`;
    case 'embedding':
      return `Embedding of ${spec.vocabulary} tokens`;
    case 'gru':
    case 'lstm':
      return `${spec.type === 'gru' ? 'GRU' : 'LSTM'}, ${spec.returnSequences ? 'all steps' : 'last step'}`;
    case 'step-dense':
      return `Dense of each step, ${spec.activation}`;
    case 'layer-normalisation':
      return 'Layer normalisation';
    case 'position-embedding':
      return 'Position embedding';
    case 'transformer-block':
      return `Transformer block, ${spec.heads} ${spec.heads === 1 ? 'head' : 'heads'}`;
    case 'global-average-pool1d':
      return 'Average of all steps';
    default:
      return spec satisfies never;
  }
}
