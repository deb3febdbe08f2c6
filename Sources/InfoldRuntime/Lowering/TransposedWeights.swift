import InfoldKernelInterface

/// The packed weights of a transposed convolution, for each triple of plane, row and column phases,
/// one group after the other.
struct TransposedWeights: Sendable {
  let problem: TransposedProblem
  let kernels: any ConvolutionKernels.Type
  /// The offset of each triple's weights.
  let offsets: [Int]
  /// The number of packed elements of one group, for each triple.
  let counts: [Int]
  /// The total number of packed elements.
  let count: Int

  init(_ problem: TransposedProblem, _ kernels: any ConvolutionKernels.Type) {
    (self.problem, self.kernels) = (problem, kernels)
    var offsets: [Int] = [], counts: [Int] = []
    var count = 0
    for plane in problem.planes {
      for row in problem.rows {
        for column in problem.columns {
          let taps = plane.taps.count * row.taps.count * column.taps.count
          offsets.append(count)
          counts.append(kernels.packedCount(rows: taps * problem.groupChannels, columns: problem.groupOutputs))
          count += problem.groups * counts.last!
        }
      }
    }
    (self.offsets, self.counts, self.count) = (offsets, counts, count)
  }

  /// The key that distinguishes it from other formats of the same weights.
  var form: String {
    let phases = "\(problem.planes.map(\.taps)) by \(problem.rows.map(\.taps)) by \(problem.columns.map(\.taps))"
    return "transposed convolution of \(problem.groups) groups, phases \(phases), \(kernels.name)"
  }

  private var panels: Int { (problem.groupOutputs + kernels.panelWidth - 1) / kernels.panelWidth }

  /// The number of units that are packed independently: one panel of a group, for all phases.
  var units: Int { problem.groups * panels }

  /// Packs a unit.
  ///
  /// - Parameter source: The weights [C, M / groups, taps].
  func pack(_ unit: Int, of source: UnsafePointer<Float>, into packed: UnsafeMutablePointer<Float>) {
    let (group, panel) = unit.quotientAndRemainder(dividingBy: panels)
    let (channels, outputs, tapCount) = (problem.groupChannels, problem.groupOutputs, problem.tapCount)
    let columns = (panel..<panel + 1).scaled(by: kernels.panelWidth, to: outputs)
    let weights = source + group * channels * outputs * tapCount
    var index = 0
    for plane in problem.planes {
      for row in problem.rows {
        for column in problem.columns {
          let taps = column.taps
          let rowCount = plane.taps.count * row.taps.count * taps.count * channels
          // The panel of these phases. It contains the weights of one row of the window after the
          // other.
          var target = packed + (offsets[index] + group * counts[index] + columns.lowerBound * rowCount)
          for z in taps.isEmpty ? [] : plane.taps {
            for y in row.taps {
              kernels.pack(
                PackArguments(
                  source: weights + ((z * problem.height + y) * problem.width + taps[0]), taps: taps.count,
                  channels: channels, tapStride: taps.count > 1 ? taps[1] - taps[0] : 0,
                  channelStride: outputs * tapCount, columnStride: tapCount, columnCount: outputs, columns: columns,
                  packed: target - columns.lowerBound * taps.count * channels))
              target += taps.count * channels * kernels.panelWidth
            }
          }
          index += 1
        }
      }
    }
  }

  /// Returns whether a unit contains neither infinities nor NaN.
  func areFinite(_ unit: Int, of source: UnsafePointer<Float>) -> Bool {
    let (group, panel) = unit.quotientAndRemainder(dividingBy: panels)
    let columns = (panel..<panel + 1).scaled(by: kernels.panelWidth, to: problem.groupOutputs)
    return (group * problem.groupChannels..<(group + 1) * problem.groupChannels).allSatisfy { channel in
      let first = (channel * problem.groupOutputs + columns.lowerBound) * problem.tapCount
      return UnsafeBufferPointer(start: source + first, count: columns.count * problem.tapCount)
        .holdsFiniteNumbersOnly
    }
  }
}
