// A network as data: what crosses the wire, lies in a version and is typed by a coordinator. Building one (shapes proven,
// parameters laid out) is in network.ts; running one belongs to a Trainer.
import * as v from 'valibot';

const size = v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(65_536));
const pair = v.tuple([size, size]);
/** Its recurrent kernel is made orthogonal by units³ operations, and a step of a sequence multiplies by it. */
const recurrentUnits = v.pipe(size, v.maxValue(1024));

export const Activation = v.picklist(['linear', 'relu', 'sigmoid', 'tanh', 'softmax']);
export type Activation = v.InferOutput<typeof Activation>;

export const Padding = v.picklist(['same', 'valid']);
export type Padding = v.InferOutput<typeof Padding>;

/** Tensors are channels-last: images are [H, W, C], a batch of them [B, H, W, C]. */
export const LayerSpec = v.variant('type', [
  v.strictObject({ type: v.literal('dense'), units: size, activation: Activation, useBias: v.boolean() }),
  v.strictObject({
    type: v.literal('conv2d'),
    filters: size,
    kernelSize: pair,
    strides: pair,
    padding: Padding,
    activation: Activation,
    useBias: v.boolean(),
  }),
  v.strictObject({ type: v.literal('max-pool2d'), poolSize: pair, strides: pair, padding: Padding }),
  v.strictObject({ type: v.literal('average-pool2d'), poolSize: pair, strides: pair, padding: Padding }),
  v.strictObject({ type: v.literal('global-average-pool2d') }),
  v.strictObject({ type: v.literal('flatten') }),
  v.strictObject({ type: v.literal('activation'), activation: Activation }),
  /**
   * Over the last axis (Ioffe & Szegedy 2015), as Keras has it. Four values a channel lie in the flat buffer [P], in Keras's order:
   * γ, β, which are trained, and the running mean and variance, which no gradient moves: every step sets them to
   * momentum · old + (1 − momentum) · the batch's, and inference reads them in place of the batch's. An update holds the change of all
   * four, so that they are averaged like weights (the usual practice), unless FedBN keeps them on the device
   * (own-part.ts). Optimiser state, proximal term and corrections leave the running two alone.
   */
  v.strictObject({
    type: v.literal('batch-normalisation'),
    momentum: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
    epsilon: v.pipe(v.number(), v.gtValue(0), v.maxValue(1)),
  }),
  v.strictObject({ type: v.literal('dropout'), rate: v.pipe(v.number(), v.minValue(0), v.maxValue(0.95)) }),
  /** The same values in another shape, row-major: the rows of an image [H, W, C] as steps are [H, W·C]. */
  v.strictObject({
    type: v.literal('reshape'),
    shape: v.pipe(v.array(size), v.minLength(1), v.maxLength(3)),
  }),
  // Sequences are [steps, channels]; core/model/reference/sequence-pass.ts names the equations of each layer.
  /** Token ids [steps], numbers 0 … vocabulary − 1 → a row of a table for each [steps, units]. */
  v.strictObject({ type: v.literal('embedding'), vocabulary: size, units: size }),
  /**
   * `resetAfter`: where the reset gate stands, by which two layers of one shape differ. True is Keras's default (the gate is on
   * what the recurrent kernel makes of the state, with a bias of its own); false is Cho et al. 2014 (the gate is on the state itself),
   * and the only one that TensorFlow.js reads.
   */
  v.strictObject({
    type: v.literal('gru'),
    units: recurrentUnits,
    returnSequences: v.boolean(),
    resetAfter: v.boolean(),
  }),
  v.strictObject({ type: v.literal('lstm'), units: recurrentUnits, returnSequences: v.boolean() }),
  /** A dense layer of each step by itself, the same for all. */
  v.strictObject({
    type: v.literal('step-dense'),
    units: size,
    activation: Activation,
    useBias: v.boolean(),
  }),
  /** Of each step by itself: it mixes no examples, and knows no running statistics. */
  v.strictObject({
    type: v.literal('layer-normalisation'),
    epsilon: v.pipe(v.number(), v.gtValue(0), v.maxValue(1)),
  }),
  /** Adds a learnt row of its own to each step, so that their order counts. */
  v.strictObject({ type: v.literal('position-embedding') }),
  /** Self-attention and a feed-forward part, each normalised before and added to what came in. Epsilon of the norms: 1e-6. */
  v.strictObject({
    type: v.literal('transformer-block'),
    heads: v.pipe(size, v.maxValue(64)),
    feedForward: size,
  }),
  /** [steps, channels] → [channels]. */
  v.strictObject({ type: v.literal('global-average-pool1d') }),
]);
export type LayerSpec = v.InferOutput<typeof LayerSpec>;

/** What the last layer's output is compared by: classes by softmax cross-entropy (nats), numbers by squared error. */
export const Loss = v.picklist(['categorical-crossentropy', 'mean-squared-error']);
export type Loss = v.InferOutput<typeof Loss>;

export const NetworkSpec = v.strictObject({
  /** One example, without the batch axis: [F], [steps, channels] or [H, W, C]. */
  inputShape: v.pipe(v.array(size), v.minLength(1), v.maxLength(3)),
  layers: v.pipe(v.array(LayerSpec), v.minLength(1), v.maxLength(64)),
  loss: Loss,
});
export type NetworkSpec = v.InferOutput<typeof NetworkSpec>;

/** The optimiser of local training; its state never leaves the device. */
export const OptimizerSpec = v.variant('type', [
  v.strictObject({ type: v.literal('sgd'), momentum: v.pipe(v.number(), v.minValue(0), v.maxValue(0.999)) }),
  v.strictObject({ type: v.literal('adam') }),
  v.strictObject({
    type: v.literal('adamw'),
    weightDecay: v.pipe(v.number(), v.minValue(0), v.maxValue(1)),
  }),
  v.strictObject({ type: v.literal('rmsprop') }),
]);
export type OptimizerSpec = v.InferOutput<typeof OptimizerSpec>;

const share = (most: number) => v.pipe(v.number(), v.minValue(0), v.maxValue(most));

/** How pictures are varied in each epoch (core/augmentation.ts). */
export const Augmentation = v.strictObject({
  /** Half of them mirrored, left to right. */
  flip: v.boolean(),
  /** Moved by up to this share of a side, each way. */
  shift: share(0.5),
  /** Turned by up to so many degrees, each way. */
  turn: share(180),
  /** Brightness and contrast changed by up to this share, each way. */
  light: share(0.9),
  /** Side of a square that is covered, as a share of the shorter side. */
  cutout: share(0.75),
});
export type Augmentation = v.InferOutput<typeof Augmentation>;

/** How a device trains; the same for local runs and for rounds. */
export const TrainingPlan = v.strictObject({
  localEpochs: v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(1000)),
  batchSize: v.pipe(v.number(), v.safeInteger(), v.minValue(1), v.maxValue(4096)),
  learningRate: v.pipe(v.number(), v.gtValue(0), v.maxValue(10)),
  optimizer: OptimizerSpec,
  /** μ of FedProx (Li et al. 2018): adds μ(w − w_base) to the gradient; 0 is FedAvg. */
  proximalTerm: v.pipe(v.number(), v.minValue(0), v.maxValue(100)),
  seed: v.pipe(v.number(), v.safeInteger(), v.minValue(0)),
  /** Of pictures; absent: they are shown as they are. */
  augmentation: v.optional(Augmentation),
});
export type TrainingPlan = v.InferOutput<typeof TrainingPlan>;
