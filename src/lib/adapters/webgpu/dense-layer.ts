// y = f(x·W + b) and its gradients, each one product.
import { appliedActivation } from '../../core/model/head.ts';
import { weightsOf, type PlacedLayer, type Site } from './layers.ts';
import { makerFor } from './product.ts';
import { sizeOf } from './regions.ts';
import { activated, slope } from './wgsl.ts';

export function denseLayer(site: Site, units: number): PlacedLayer {
  const { layer, batch, values, x, below, apply } = site;
  const inputs = sizeOf(layer.inputShape);
  const { kernel, biasRows } = weightsOf(layer);
  const activation = appliedActivation(layer);
  const y = { offset: values.take(batch * units), activation };
  const { numbers, make } = makerFor(inputs + biasRows);
  const { say } = numbers;
  const forward = make(
    {
      batch,
      rows: 1,
      columns: units,
      inner: inputs + biasRows,
      a: {
        element: `if (inner == ${say(inputs)}) { return 1.0; }
return values[${say(x.offset)} + row * ${say(inputs)} + inner];`,
        innerIsDense: true,
      },
      b: {
        element: `return parameters[${say(kernel.offset)} + inner * ${say(units)} + column];`,
        innerIsDense: false,
      },
      store: `values[${say(y.offset)} + row * ${say(units)} + column] = ${activated(activation, 'value')};`,
      declared: '',
    },
    numbers,
    values,
  );
  return {
    y,
    forward,
    backward(dy, spare) {
      const [byUnits, byBatch] = [makerFor(units), makerFor(batch)];
      const [ofInput, ofKernel] = [byUnits.numbers, byBatch.numbers];
      const inputGradient = below
        ? byUnits.make(
            {
              batch,
              rows: 1,
              columns: inputs,
              inner: units,
              a: {
                element: `return values[${ofInput.say(dy)} + row * ${ofInput.say(units)} + inner];`,
                innerIsDense: true,
              },
              b: {
                element: `return parameters[${ofInput.say(kernel.offset)} + column * ${ofInput.say(units)} + inner];`,
                innerIsDense: true,
              },
              store: `let at = row * ${ofInput.say(inputs)} + column;
values[${ofInput.say(spare)} + at] = value * slope(at);`,
              declared: slope(x, ofInput),
            },
            ofInput,
            values,
          )
        : [];
      const kernelGradient = byBatch.make(
        {
          batch: 1,
          rows: inputs + biasRows,
          columns: units,
          inner: batch,
          a: {
            element: `if (row == ${ofKernel.say(inputs)}) { return 1.0; }
return values[${ofKernel.say(x.offset)} + inner * ${ofKernel.say(inputs)} + row];`,
            innerIsDense: false,
          },
          b: {
            element: `return values[${ofKernel.say(dy)} + inner * ${ofKernel.say(units)} + column];`,
            innerIsDense: false,
          },
          store: `apply(${ofKernel.say(kernel.offset)} + row * ${ofKernel.say(units)} + column, value);`,
          declared: apply(ofKernel),
        },
        ofKernel,
        values,
      );
      // The kernel changes last: its old values are what dx is made of.
      return { dispatches: [...inputGradient, ...kernelGradient], dx: below ? spare : dy };
    },
  };
}
