import InfoldGraph
import InfoldKernelInterface
import InfoldSystem

extension PlanBuilder {
  /// Adds a transposed convolution as one convolution for each phase of planes, rows and columns.
  mutating func emitPhases(
    _ problem: TransposedProblem, _ parameters: ConvolutionParameters, _ x: ValueID, _ y: ValueID, _ fused: FusedNode
  ) throws(InfoldError) {
    let weights = TransposedWeights(problem, kernels(for: problem))
    let source = try location(of: x, .channelsLast)
    let constant = try packed.constant(
      of: [parameters.weight], form: weights.form, byteCount: weights.count * MemoryLayout<Float>.stride
    ) { target in
      parameters.weight.withUnsafeBytes { bytes in
        for unit in 0..<weights.units {
          weights.pack(
            unit, of: bytes.assumingMemoryBound(to: Float.self).baseAddress!,
            into: target.assumingMemoryBound(to: Float.self))
        }
      }
    }
    let place = location(of: .packed(constant))
    let epilogue = try epilogue(fused, bias: parameters.bias, layout: .channelsLast)
    let phases = TransposedPhases(
      weights: weights, source: source, packed: place, epilogue: epilogue, target: define(y, .channelsLast))
    emit(phases, "convolution per phase", reads: [source, place, epilogue.bias])
  }

  /// Adds a transposed convolution whose weights and bias may be computed at run time. The weights
  /// are packed first.
  ///
  /// - Returns: Whether kernels support it.
  mutating func emitVariablePhases(
    _ problem: TransposedProblem, _ x: ValueID, _ y: ValueID, _ fused: FusedNode
  ) throws(InfoldError) -> Bool {
    let node = fused.node, bias = node.inputs.count > 2 ? node.inputs[2] : nil
    if let bias, sizes(bias) == nil { return false }
    let weights = TransposedWeights(problem, kernels(for: problem))
    let source = try location(of: x, .channelsLast), given = try location(of: node.inputs[1]!, .rowMajor)
    var epilogue = PlannedEpilogue()
    if let bias { epilogue.bias = try location(of: bias, .rowMajor) }
    let (place, areFinite) = (temporary([weights.count]), temporary([weights.units]))
    let step = RangeStep(units: weights.units, cost: problem.weightCount) { units, state, _ in
      let numbers = UnsafePointer(state.pointer(given))
      for unit in units {
        weights.pack(unit, of: numbers, into: state.pointer(place))
        state.pointer(areFinite)[unit] = weights.areFinite(unit, of: numbers) ? 1 : 0
      }
    }
    emit(step, "packed in the run", reads: [given], writes: [place, areFinite], shape: sizes(node.inputs[1]))
    var phases = TransposedPhases(
      weights: weights, source: source, packed: place, epilogue: epilogue, target: define(y, .channelsLast))
    phases.given = (given, areFinite)
    emit(
      phases, "convolution per phase", reads: [source, place, areFinite, given, epilogue.bias])
    return true
  }

  private mutating func emit(_ phases: TransposedPhases, _ algorithm: String, reads: [Location?]) {
    let problem = phases.problem
    let step = RangeStep(
      units: phases.units, cost: problem.multiplyAccumulates, scratchByteCount: problem.scratchByteCount(phases.kernels)
    ) { units, state, worker in
      phases.run(units, state, scratch: state.scratch(of: worker))
    }
    emit(
      step, algorithm, reads: reads, writes: [phases.target], multiplyAccumulates: problem.multiplyAccumulates)
  }

  private func kernels(for problem: TransposedProblem) -> any ConvolutionKernels.Type {
    let prefersNarrow = cost.prefersNarrowVectors(
      channels: problem.groupOutputs, products: problem.groupChannels * problem.mostTaps, groups: problem.groups,
      width: productKernels.vectorWidth)
    return prefersNarrow ? kernels : productKernels
  }
}

/// The convolutions of all phases.
private struct TransposedPhases: Sendable {
  let weights: TransposedWeights
  let source: Location
  let packed: Location
  let epilogue: PlannedEpilogue
  let target: Location
  /// The weights if they are computed at run time, and for each unit of weights a number: 1 if all
  /// of its weights are finite.
  var given: (weights: Location, areFinite: Location)?
  /// Whether threads divide the output channels rather than the rows. They do so if there are more
  /// weights than elements in both images.
  private let sharesChannels: Bool
  /// The number of rows and of output channels per block, chosen so that the rows or the weights
  /// stay in a cache.
  private let rowsOfBlock: Int
  private let columnsOfBlock: Int

  /// The number of elements that stay in the second-level cache.
  private static let nearCount = 1 << 16

  var problem: TransposedProblem { weights.problem }
  var kernels: any ConvolutionKernels.Type { weights.kernels }

  init(
    weights: TransposedWeights, source: Location, packed: Location, epilogue: PlannedEpilogue, target: Location
  ) {
    (self.weights, self.source, self.packed) = (weights, source, packed)
    (self.epilogue, self.target) = (epilogue, target)
    let problem = weights.problem
    let (input, output, panel) = (problem.input, problem.output, weights.kernels.panelWidth)
    sharesChannels =
      problem.groups == 1 && output.channels > panel && problem.weightCount > input.count + output.count
    let ofRow = output.width * output.channels + input.width * input.channels
    rowsOfBlock = max(2 * problem.rows.count, Self.nearCount / ofRow)
    let ofPanel = max(1, problem.groupChannels * problem.mostTaps * panel)
    columnsOfBlock = max(1, Self.nearCount / ofPanel) * panel
  }

  private var rowCount: Int { problem.output.images * problem.output.height }

  /// The number of work units: panels of output channels, or rows of the result.
  var units: Int {
    sharesChannels ? (problem.groupOutputs + kernels.panelWidth - 1) / kernels.panelWidth : rowCount
  }

  func run(_ units: Range<Int>, _ state: RunState, scratch: UnsafeMutableRawPointer) {
    let rows = sharesChannels ? 0..<rowCount : units
    let columns =
      sharesChannels ? units.scaled(by: kernels.panelWidth, to: problem.groupOutputs) : 0..<problem.groupOutputs
    if let given,
      UnsafeBufferPointer(start: state.pointer(given.areFinite), count: weights.units).contains(where: { $0 != 1 })
    {
      for row in rows { define(row, columns, UnsafePointer(state.pointer(given.weights)), state) }
      return
    }
    var first = rows.lowerBound
    while first < rows.upperBound {
      let end = min(first + rowsOfBlock, rows.upperBound)
      var column = columns.lowerBound
      while column < columns.upperBound {
        let next = min(column + columnsOfBlock, columns.upperBound)
        run(first..<end, column..<next, state, scratch)
        column = next
      }
      first = end
    }
  }

  /// Computes some rows of the result phase by phase, so that weights are read once for all of
  /// these rows.
  private func run(_ rows: Range<Int>, _ columns: Range<Int>, _ state: RunState, _ scratch: UnsafeMutableRawPointer) {
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
              convolve(row, rowPhase, rowIndex, columnIndex, group, columns, state, scratch)
            }
            plane += 1
          }
        }
      }
    }
  }

  private func convolve(
    _ row: Int, _ rowPhase: TransposedPhase, _ rowIndex: Int, _ columnIndex: Int, _ group: Int,
    _ columns: Range<Int>, _ state: RunState, _ scratch: UnsafeMutableRawPointer
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
          base: state.pointer(source) + firstInput, count: 1, height: input.height, width: input.width,
          channels: problem.groupChannels, pixelStride: source.pixelStride),
        planes: planes.count, planeStride: planePhase.dilation * planeStride,
        weights: state.pointer(packed) + weights.offsets[triple]
          + (group * weights.counts[triple] + planes.skipped * weightsOfPlane),
        panelStride: planePhase.taps.count * weightsOfPlane,
        output: OutputImages(
          base: state.pointer(target) + firstOutput, count: 1, height: 1, width: phase.count,
          channels: problem.groupOutputs, pixelStride: problem.window.strideX * target.pixelStride),
        epilogue: epilogue.resolved(in: state, firstChannel: group * problem.groupOutputs),
        pixels: 0..<phase.count, columns: columns, scratch: scratch))
  }

  /// Computes a row of the result by definition. Kernels multiply the zeros of padding by weights,
  /// which gives NaN for non-finite weights.
  private func define(_ row: Int, _ columns: Range<Int>, _ weights: UnsafePointer<Float>, _ state: RunState) {
    let (input, output) = (problem.input, problem.output)
    let (channels, filters) = (problem.groupChannels, problem.groupOutputs)
    let (plane, y) = row.quotientAndRemainder(dividingBy: output.height)
    let (volume, z) = plane.quotientAndRemainder(dividingBy: problem.outputDepth)
    let bias = epilogue.bias.map { state.pointer($0) }
    for x in 0..<output.width {
      for group in 0..<problem.groups {
        for column in columns {
          var sum = bias?[group * filters + column] ?? 0
          problem.planes.forEachTap(at: z, input: problem.inputDepth) { depthTap, inputPlane in
            problem.rows.forEachTap(at: y, input: input.height) { rowTap, inputRow in
              problem.columns.forEachTap(at: x, input: input.width) { tap, inputColumn in
                let place = (volume * problem.inputDepth + inputPlane) * input.height + inputRow
                let pixel = state.pointer(source) + (place * input.width + inputColumn) * source.pixelStride
                let tap = (depthTap * problem.height + rowTap) * problem.width + tap
                for channel in group * channels..<(group + 1) * channels {
                  sum += pixel[channel] * weights[(channel * filters + column) * problem.tapCount + tap]
                }
              }
            }
          }
          state.pointer(target)[(row * output.width + x) * target.pixelStride + group * filters + column] = sum
        }
      }
    }
  }
}
