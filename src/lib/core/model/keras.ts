// TF.js and Keras model files: import of a topology (model.json, or what Keras 2 and 3 write as JSON) to a NetworkSpec, and
// export of a network with its parameters as a TF.js layers model. Reading refuses what it cannot train exactly, by layer.
export { readTopology, type TopologyError } from './keras/read-topology.ts';
export { layersModelJson, writeLayersModel, type LayersModelFiles } from './keras/write-layers-model.ts';
