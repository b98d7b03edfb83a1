// TF.js and Keras model files: import of a topology (model.json, or what Keras 2 and 3 write as JSON) to a NetworkSpec, and
// export of a network with its parameters as a TF.js layers model. Reading refuses what it cannot train exactly, by layer.
export {
  readNamedTopology,
  readTopology,
  type NamedTopology,
  type TopologyError,
} from './keras/read-topology.ts';
export { readLayersModel, weightPaths, type NamedModel, type WeightFile } from './keras/read-weights.ts';
export {
  layersModelJson,
  layersModelRefusal,
  writeLayersModel,
  type LayersModelFiles,
} from './keras/write-layers-model.ts';
