import InfoldGraph
import InfoldKernelInterface
import InfoldSystem

extension PlanBuilder {
  /// A transposed convolution as one convolution for each phase of planes, rows and columns.
  mutating func emitPhases(
    _ problem: TransposedProblem, _ x: ValueID, _ y: ValueID, _ fused: FusedNode
  ) throws(InfoldError) {
    let prefersNarrow = cost.prefersNarrowVectors(
      channels: problem.groupOutputs, products: problem.groupChannels * problem.mostTaps, groups: problem.groups,
      width: productKernels.vectorWidth)
    let kernels: any ConvolutionKernels.Type = prefersNarrow ? kernels : productKernels
    let source = try location(of: x, .channelsLast)
    let weights = try packedWeights(problem, kernels)
    let epilogue = try epilogue(fused, bias: problem.bias, layout: .channelsLast)
    let target = define(y, .channelsLast)
    let phases = TransposedPhases(
      problem: problem, kernels: kernels, source: source, weights: weights, epilogue: epilogue, target: target)
    let step = RangeStep(
      units: phases.units, cost: problem.multiplyAccumulates, scratchByteCount: problem.scratchByteCount(kernels)
    ) { units, frame, worker in
      phases.run(units, frame, scratch: frame.scratch(of: worker))
    }
    emit(
      step, "convolution per phase", reads: [source, weights.place, epilogue.bias], writes: [target],
      multiplyAccumulates: problem.multiplyAccumulates)
  }
}

/// The convolutions of all phases.
private struct TransposedPhases: Sendable {
  let problem: TransposedProblem
  let kernels: any ConvolutionKernels.Type
  let source: Location
  let weights: TransposedWeights
  let epilogue: PlannedEpilogue
  let target: Location
  /// Whether threads share the output channels, and not the rows: where there are more weights than numbers in both images.
  private let sharesChannels: Bool
  /// The rows, and the output channels, after which others come: so that the rows, or the weights, stay in a cache.
  private let rowsOfBlock: Int
  private let columnsOfBlock: Int

  /// What stays in the second-level cache, in numbers.
  private static let nearCount = 1 << 16

  init(
    problem: TransposedProblem, kernels: any ConvolutionKernels.Type, source: Location, weights: TransposedWeights,
    epilogue: PlannedEpilogue, target: Location
  ) {
    (self.problem, self.kernels, self.source, self.weights) = (problem, kernels, source, weights)
    (self.epilogue, self.target) = (epilogue, target)
    let (input, output, panel) = (problem.input, problem.output, kernels.panelWidth)
    sharesChannels =
      problem.groups == 1 && output.channels > panel && problem.weight.count > input.count + output.count
    let ofRow = output.width * output.channels + input.width * input.channels
    rowsOfBlock = max(2 * problem.rows.count, Self.nearCount / ofRow)
    let ofPanel = max(1, problem.groupChannels * problem.mostTaps * panel)
    columnsOfBlock = max(1, Self.nearCount / ofPanel) * panel
  }

  private var rowCount: Int { problem.output.images * problem.output.height }

  /// Panels of output channels, or rows of the result.
  var units: Int {
    sharesChannels ? (problem.groupOutputs + kernels.panelWidth - 1) / kernels.panelWidth : rowCount
  }

  func run(_ units: Range<Int>, _ frame: Frame, scratch: UnsafeMutableRawPointer) {
    let rows = sharesChannels ? 0..<rowCount : units
    let columns =
      sharesChannels ? units.scaled(by: kernels.panelWidth, to: problem.groupOutputs) : 0..<problem.groupOutputs
    var first = rows.lowerBound
    while first < rows.upperBound {
      let end = min(first + rowsOfBlock, rows.upperBound)
      var column = columns.lowerBound
      while column < columns.upperBound {
        let next = min(column + columnsOfBlock, columns.upperBound)
        run(first..<end, column..<next, frame, scratch)
        column = next
      }
      first = end
    }
  }

  /// Some rows of the result, phase by phase, so that weights are read for all of them.
  private func run(_ rows: Range<Int>, _ columns: Range<Int>, _ frame: Frame, _ scratch: UnsafeMutableRawPointer) {
    let height = problem.output.height
    for (rowIndex, rowPhase) in problem.rows.enumerated() {
      for columnIndex in problem.columns.indices {
        for group in 0..<problem.groups {
          var plane = rows.lowerBound / height
          while plane * height < rows.upperBound {
            let own = rows.clamped(to: plane * height..<(plane + 1) * height)
            let offset =
              (rowIndex - own.lowerBound % height % problem.rows.count + problem.rows.count) % problem.rows.count
            for row in stride(from: own.lowerBound + offset, to: own.upperBound, by: problem.rows.count) {
              convolve(row, rowPhase, rowIndex, columnIndex, group, columns, frame, scratch)
            }
            plane += 1
          }
        }
      }
    }
  }

  private func convolve(
    _ row: Int, _ rowPhase: TransposedPhase, _ rowIndex: Int, _ columnIndex: Int, _ group: Int,
    _ columns: Range<Int>, _ frame: Frame, _ scratch: UnsafeMutableRawPointer
  ) {
    let (input, output) = (problem.input, problem.output)
    let (plane, y) = row.quotientAndRemainder(dividingBy: output.height)
    let (volume, z) = plane.quotientAndRemainder(dividingBy: problem.outputDepth)
    let planePhase = problem.planes[z % problem.planes.count], phase = problem.columns[columnIndex]
    let planes = WindowTaps(
      position: z / problem.planes.count, size: planePhase.taps.count, stride: 1, dilation: planePhase.dilation,
      pad: planePhase.pad, extent: problem.inputDepth)
    let triple = (z % problem.planes.count * problem.rows.count + rowIndex) * problem.columns.count + columnIndex
    let weightsOfPlane = rowPhase.taps.count * phase.taps.count * problem.groupChannels * kernels.panelWidth
    let planeStride = input.pixels * source.pixelStride
    let firstInput = (volume * problem.inputDepth + planes.first) * planeStride + group * problem.groupChannels
    let firstOutput = (row * output.width + phase.first) * target.pixelStride + group * problem.groupOutputs
    kernels.convolve(
      ConvolutionArguments(
        window: ImageWindow(
          height: rowPhase.taps.count, width: phase.taps.count, dilationY: rowPhase.dilation,
          dilationX: phase.dilation, padTop: rowPhase.pad - y / problem.rows.count, padLeft: phase.pad),
        input: InputImages(
          base: frame.pointer(source) + firstInput, count: 1, height: input.height, width: input.width,
          channels: problem.groupChannels, pixelStride: source.pixelStride),
        planes: planes.count, planeStride: planePhase.dilation * planeStride,
        weights: frame.pointer(weights.place) + weights.offsets[triple]
          + (group * weights.counts[triple] + planes.skipped * weightsOfPlane),
        panelStride: planePhase.taps.count * weightsOfPlane,
        output: OutputImages(
          base: frame.pointer(target) + firstOutput, count: 1, height: 1, width: phase.count,
          channels: problem.groupOutputs, pixelStride: problem.columnStride * target.pixelStride),
        epilogue: epilogue.resolved(in: frame, firstChannel: group * problem.groupOutputs),
        pixels: 0..<phase.count, columns: columns, scratch: scratch))
  }
}

/// Packed weights, for each triple of phases of a plane, a row and a column: group behind group.
private struct TransposedWeights: Sendable {
  var place: Location
  /// Where those of each triple begin.
  var offsets: [Int]
  /// The numbers of one group of each triple.
  var counts: [Int]
}

extension PlanBuilder {
  private mutating func packedWeights(
    _ problem: TransposedProblem, _ kernels: any ConvolutionKernels.Type
  ) throws(InfoldError) -> TransposedWeights {
    var offsets: [Int] = [], counts: [Int] = []
    var total = 0
    let triples = problem.planes.flatMap { plane in
      problem.rows.flatMap { row in problem.columns.map { (plane: plane, row: row, column: $0) } }
    }
    for (plane, row, column) in triples {
      let rows = plane.taps.count * row.taps.count * column.taps.count * problem.groupChannels
      offsets.append(total)
      counts.append(kernels.packedCount(rows: rows, columns: problem.groupOutputs))
      total += problem.groups * counts.last!
    }
    let phases = "\(problem.planes.map(\.taps)) by \(problem.rows.map(\.taps)) by \(problem.columns.map(\.taps))"
    let constant = try packed.constant(
      of: [problem.weight],
      form: "transposed convolution of \(problem.groups) groups, phases \(phases), \(kernels.name)",
      byteCount: total * MemoryLayout<Float>.stride
    ) { [offsets, counts] target in
      for (index, triple) in triples.enumerated() {
        let taps = triple.plane.taps.count * triple.row.taps.count * triple.column.taps.count
        for group in 0..<(taps == 0 ? 0 : problem.groups) {
          problem.weights(triple.plane, triple.row, triple.column, group: group).withUnsafeBufferPointer { source in
            kernels.pack(
              PackArguments(
                source: source.baseAddress!, taps: taps, channels: problem.groupChannels,
                tapStride: problem.groupChannels * problem.groupOutputs, channelStride: problem.groupOutputs,
                columnStride: 1, columnCount: problem.groupOutputs, columns: 0..<problem.groupOutputs,
                packed: target.assumingMemoryBound(to: Float.self) + offsets[index] + group * counts[index]))
          }
        }
      }
    }
    return TransposedWeights(place: location(of: .packed(constant)), offsets: offsets, counts: counts)
  }
}
