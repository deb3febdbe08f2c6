import InfoldKernelInterface
import Testing

/// Weighted sums of planes, compared with double precision.
@Suite struct PlaneMixTests {
  @Test(arguments: lanewiseKernelSets.indices) func mixes(set: Int) {
    for length in Array(1...70) + [127, 128, 200] {
      for (inputs, outputs) in [(1, 1), (1, 4), (2, 1), (3, 2), (4, 4), (16, 5), (5, 16)] {
        for hasBias in [true, false] {
          let (inputStride, outputStride) = (length + 3, length + 2)
          let input = Buffer(random: inputs * inputStride - 3, seed: 1)
          let weights = Buffer(random: inputs * outputs, seed: 2), bias = Buffer(random: outputs, seed: 3)
          let output = Buffer(outputs * outputStride - 2)
          #expect(
            isIndependentOfRange(units: length, output: output) { range in
              lanewiseKernelSets[set].mixPlanes(
                PlaneMixArguments(
                  input: input.input, inputStride: inputStride, inputs: inputs, weights: weights.input,
                  bias: hasBias ? bias.input : nil, output: output.base, outputStride: outputStride, outputs: outputs),
                elements: range)
            })
          for plane in 0..<outputs {
            for index in 0..<length {
              var sum = hasBias ? Double(bias.values[plane]) : 0
              for other in 0..<inputs {
                sum += Double(weights.base[plane * inputs + other]) * Double(input.base[other * inputStride + index])
              }
              #expect(abs(Double(output.base[plane * outputStride + index]) - sum) <= 2e-6)
            }
          }
        }
      }
    }
  }
}
