import InfoldKernelInterface
import InfoldTensor
import Testing

/// Interpolation between elements, compared with its definition in double precision.
@Suite struct SamplingTests {
  @Test(arguments: kernelSets.indices, 0..<60) func movedWindows(set: Int, seed: UInt64) {
    var random = SplitMix64(seed: seed)
    func number(_ range: ClosedRange<Int>) -> Int { Int.random(in: range, using: &random) }
    let groups = number(1...3), offsetGroups = number(1...3), channels = 6 * number(1...6)
    let (images, height, width, gap) = (number(1...2), number(1...5), number(1...5), number(0...2))
    let window = ImageWindow(
      height: number(1...3), width: number(1...3), strideY: number(1...2), strideX: number(1...2),
      dilationY: number(1...2), dilationX: number(1...2), padTop: number(0...2), padLeft: number(0...2))
    let (outputHeight, outputWidth) = (number(1...4), number(1...4))
    let taps = window.height * window.width, outputs = outputHeight * outputWidth, stride = channels + gap
    let entries = images * offsetGroups * taps
    let input = Buffer(random: images * height * width * stride - gap, seed: seed)
    let offsets = Buffer(random: 2 * entries * outputs, seed: seed + 1, bound: 3)
    // Some offsets are integers, for which fewer elements are read.
    for index in 0..<offsets.count where index % 3 == 0 { offsets.base[index].round() }
    let mask = number(0...1) == 0 ? nil : Buffer(random: entries * outputs, seed: seed + 2)
    // Elements that are not read may have any value.
    let columns = Buffer(images * outputs * taps * channels)
    #expect(
      isIndependentOfRange(units: images * outputs, output: columns) {
        kernelSets[set].sampleWindows(
          WindowSamplingArguments(
            window: window,
            input: InputImages(
              base: input.input, count: images, height: height, width: width, channels: channels, pixelStride: stride),
            outputHeight: outputHeight, outputWidth: outputWidth, groups: groups, offsetGroups: offsetGroups,
            offsets: offsets.input, mask: mask?.input, columns: columns.base), positions: $0)
      })
    var expected: [Double] = []
    for position in 0..<images * outputs {
      let (image, place) = (position / outputs, position % outputs)
      for group in 0..<groups {
        for tap in 0..<taps {
          for channel in group * channels / groups..<(group + 1) * channels / groups {
            let entry = (image * offsetGroups + channel / (channels / offsetGroups)) * taps + tap
            let row = Float(
              place / outputWidth * window.strideY - window.padTop + tap / window.width * window.dilationY)
            let column = Float(
              place % outputWidth * window.strideX - window.padLeft + tap % window.width * window.dilationX)
            let y = Double(row + offsets.base[2 * entry * outputs + place])
            let x = Double(column + offsets.base[(2 * entry + 1) * outputs + place])
            var sum = 0.0
            for line in 0..<height {
              for pixel in 0..<width {
                let weight = max(0, 1 - abs(y - Double(line))) * max(0, 1 - abs(x - Double(pixel)))
                sum += weight * Double(input.base[((image * height + line) * width + pixel) * stride + channel])
              }
            }
            expected.append(sum * Double(mask?.base[entry * outputs + place] ?? 1))
          }
        }
      }
    }
    #expect(agree(columns.values, expected, tolerance: 2e-6), "\(kernelSets[set].name)")
  }

  @Test(arguments: kernelSets.indices, [1, 2, 3, 7, 8, 9, 31, 32, 33, 100]) func weightedPixels(set: Int, channels: Int)
  {
    for (taps, takesMaximum) in [(0, false), (0, true), (1, false), (1, true), (4, false), (16, false), (9, true)] {
      var random = SplitMix64(seed: UInt64(taps))
      let (pixels, results, stride, outputStride) = (11, 5, channels + 3, channels + 2)
      let input = Buffer(random: pixels * stride - 3, seed: 3)
      let places = (0..<results * taps).map { _ in Int.random(in: 0..<pixels, using: &random) }
      let weights = places.indices.map { $0 % 3 == 1 ? 0 : Float.random(in: -1...1, using: &random) }
      // Elements with a weight of zero are not read.
      for index in places.indices where weights[index] == 0 {
        if !zip(places, weights).contains(where: { $0 == places[index] && $1 != 0 }) {
          input.base[places[index] * stride] = .infinity
        }
      }
      let output = Buffer((results - 1) * outputStride + channels)
      for index in 0..<output.count { output.base[index] = -12345.5 }
      let divisor: Float = takesMaximum ? 1 : 3
      #expect(
        isIndependentOfRange(units: results, output: output) { results in
          places.withUnsafeBufferPointer { places in
            weights.withUnsafeBufferPointer { weights in
              kernelSets[set].weighPixels(
                WeightedPixelsArguments(
                  input: input.input, pixelStride: stride, channels: channels, taps: taps,
                  places: places.baseAddress ?? UnsafePointer(bitPattern: 8)!,
                  weights: weights.baseAddress ?? input.input,
                  divisor: divisor, takesMaximum: takesMaximum, output: output.base, outputStride: outputStride),
                results: results)
            }
          }
        })
      for result in 0..<results {
        let own = (0..<channels).map { output.base[result * outputStride + $0] }
        let expected = (0..<channels).map { channel in
          let products = (result * taps..<(result + 1) * taps).map { tap in
            weights[tap] == 0 ? 0 : Double(weights[tap]) * Double(input.base[places[tap] * stride + channel])
          }
          return takesMaximum ? products.max() ?? 0 : products.reduce(0, +) / 3
        }
        #expect(agree(own, expected, tolerance: 2e-6), "\(kernelSets[set].name), \(taps) taps, \(takesMaximum)")
      }
    }
  }

  @Test(arguments: kernelSets.indices, [1, 2, 3, 7, 8, 9, 33]) func axes(set: Int, inner: Int) {
    for (seed, (inputCount, outputCount)) in [(1, 1), (1, 3), (2, 1), (5, 9), (9, 4), (30, 7)].enumerated() {
      var random = SplitMix64(seed: UInt64(seed))
      var first: [Int32] = [], starts: [Int32] = [0], weights: [Float] = []
      for index in 0..<outputCount {
        if index % 5 == 3 {
          first.append(-1)
        } else {
          let begin = Int.random(in: 0..<inputCount, using: &random)
          first.append(Int32(begin))
          for tap in 0..<Int.random(in: 1...inputCount - begin, using: &random) {
            weights.append(tap % 4 == 2 ? 0 : Float.random(in: -1...1, using: &random))
          }
        }
        starts.append(Int32(weights.count))
      }
      let outer = 3, input = Buffer(random: outer * inputCount * inner, seed: 9)
      let output = Buffer(outer * outputCount * inner)
      #expect(
        isIndependentOfRange(units: outer * outputCount, output: output) { units in
          first.withUnsafeBufferPointer { first in
            starts.withUnsafeBufferPointer { starts in
              weights.withUnsafeBufferPointer { weights in
                kernelSets[set].resampleAxis(
                  AxisResamplingArguments(
                    input: input.input, output: output.base, inputCount: inputCount, outputCount: outputCount,
                    inner: inner, first: first.baseAddress!, starts: starts.baseAddress!,
                    weights: weights.baseAddress ?? input.input, fill: 7), units: units)
              }
            }
          }
        })
      var expected: [Double] = []
      for place in 0..<outer * outputCount * inner {
        let (unit, column) = (place / inner, place % inner), index = unit % outputCount
        let taps = Int(starts[index])..<Int(starts[index + 1])
        let begin = unit / outputCount * inputCount + Int(first[index])
        expected.append(
          first[index] < 0
            ? 7
            : taps.reduce(0) {
              $0 + Double(weights[$1]) * Double(input.base[(begin + $1 - taps.lowerBound) * inner + column])
            })
      }
      #expect(agree(output.values, expected, tolerance: 2e-6), "\(kernelSets[set].name), \(inputCount), \(outputCount)")
    }
  }
}
