import InfoldGraph
import InfoldKernelInterface
import InfoldOperators
import InfoldSystem
import InfoldTensor

extension ConvTranspose: LoweredOperator {
  func epilogue(of node: Node, _ plan: PlanBuilder) -> EpilogueCapability {
    TransposedProblem(self, node, plan) == nil ? [] : .activation
  }

  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    guard let problem = TransposedProblem(self, fused.node, plan), let x = fused.node.inputs[0], let y = fused.output
    else { return false }
    if problem.isTiling, problem.output.channels < plan.kernels.panelWidth {
      try plan.emitJoined(problem, x, y, fused)
      return true
    }
    if problem.isTiling, plan.concatenations.part(y) == nil {
      try plan.emitTiled(problem, x, y, fused)
      return true
    }
    let source = try plan.location(of: x, .channelsLast)
    let weights = try plan.packedWeights(problem)
    let epilogue = try plan.epilogue(fused, bias: problem.bias, layout: .channelsLast)
    let target = plan.define(y, .channelsLast)
    let (input, output, kernels) = (problem.input, problem.output, plan.kernels)
    let planeStride = input.pixels * source.pixelStride
    let step = RangeStep(
      units: output.images * output.height, cost: problem.multiplyAccumulates,
      scratchByteCount: problem.scratchByteCount(kernels)
    ) { rows, frame, worker in
      for row in rows {
        let (plane, y) = row.quotientAndRemainder(dividingBy: output.height)
        let (volume, z) = plane.quotientAndRemainder(dividingBy: problem.outputDepth)
        let planePhase = problem.planes[z % problem.planes.count], rowPhase = problem.rows[y % problem.rows.count]
        let planes = WindowTaps(
          position: z / problem.planes.count, size: planePhase.taps.count, stride: 1, dilation: planePhase.dilation,
          pad: planePhase.pad, extent: problem.inputDepth)
        for (index, phase) in problem.columns.enumerated() {
          let rowIndex = z % problem.planes.count * problem.rows.count + y % problem.rows.count
          let triple = rowIndex * problem.columns.count + index
          let weightsOfPlane = rowPhase.taps.count * phase.taps.count * problem.groupChannels * kernels.panelWidth
          let ownWeights = frame.pointer(weights.place) + weights.offsets[triple]
          for group in 0..<problem.groups {
            let firstInput =
              (volume * problem.inputDepth + planes.first) * planeStride + group * problem.groupChannels
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
                weights: ownWeights + (group * weights.counts[triple] + planes.skipped * weightsOfPlane),
                panelStride: planePhase.taps.count * weightsOfPlane,
                output: OutputImages(
                  base: frame.pointer(target) + firstOutput, count: 1, height: 1, width: phase.count,
                  channels: problem.groupOutputs, pixelStride: problem.columnStride * target.pixelStride),
                epilogue: epilogue.resolved(in: frame, firstChannel: group * problem.groupOutputs),
                pixels: 0..<phase.count, columns: 0..<problem.groupOutputs, scratch: frame.scratch(of: worker)))
          }
        }
      }
    }
    plan.emit(
      step, "convolution per phase", reads: [source, weights.place, epilogue.bias], writes: [target],
      multiplyAccumulates: problem.multiplyAccumulates)
    return true
  }
}

/// A transposed convolution over images, or over volumes whose planes are images, whose sizes and weights are known.
struct TransposedProblem: Sendable {
  /// Every plane is an image.
  var input: ImageShape
  var output: ImageShape
  /// The planes of a volume.
  var inputDepth = 1
  var outputDepth = 1
  var groups: Int
  var planes = TransposedPhase.all(output: 1, kernel: 1, stride: 1, dilation: 1, padBefore: 0)
  var rows: [TransposedPhase]
  var columns: [TransposedPhase]
  /// The distance between the columns of one phase.
  var columnStride: Int
  /// Whether the window moves by its own size, so that every output element comes from one position of the input.
  var isTiling: Bool
  /// The sizes of the window.
  var depth = 1
  var height: Int
  var width: Int
  /// [C, M / groups, kD, kH, kW], or without kD, or without both.
  var weight: Tensor
  /// [M].
  var bias: Tensor?

  init?(_ operation: ConvTranspose, _ node: Node, _ plan: PlanBuilder) {
    guard let x = plan.sizes(node.inputs[0]), let y = plan.sizes(node.outputs[0]), (3...5).contains(x.count),
      let parameters = ConvolutionParameters(node, plan), plan.finiteWeights.contains(parameters.weight),
      let window = try? operation.window(kernel: parameters.kernel), window.window.rank == x.count - 2,
      let extents = try? window.extents(x[2...]), extents.map(\.output) == Array(y[2...])
    else { return nil }
    let isVolume = x.count == 5
    let geometry = ImageWindow(window.window, extents)
    if isVolume {
      (inputDepth, outputDepth, depth) = (x[2], y[2], window.window.kernel[0])
      planes = TransposedPhase.all(
        output: outputDepth, kernel: depth, stride: window.window.strides[0], dilation: window.window.dilations[0],
        padBefore: extents[0].padBefore)
    }
    input = ImageShape(isVolume ? [x[0] * x[2], x[1], x[3], x[4]] : x)!
    output = ImageShape(isVolume ? [y[0] * y[2], y[1], y[3], y[4]] : y)!
    (weight, bias, groups) = (parameters.weight, parameters.bias, operation.group)
    (height, width) = (geometry.height, geometry.width)
    rows = TransposedPhase.all(
      output: output.height, kernel: height, stride: geometry.strideY, dilation: geometry.dilationY,
      padBefore: geometry.padTop)
    columns = TransposedPhase.all(
      output: output.width, kernel: width, stride: geometry.strideX, dilation: geometry.dilationX,
      padBefore: geometry.padLeft)
    columnStride = geometry.strideX
    isTiling =
      !isVolume && groups == 1 && geometry.padTop == 0 && geometry.padLeft == 0
      && window.window.kernel == window.window.strides
      && window.window.dilations.allSatisfy { $0 == 1 } && output.height == input.height * height
      && output.width == input.width * width
  }

  var groupChannels: Int { input.channels / groups }
  var groupOutputs: Int { output.channels / groups }
  var multiplyAccumulates: Int { saturatedProduct(input.count, groupOutputs, depth, height, width) }
  /// In one plane of the window.
  private var maximumPlaneTaps: Int { rows.map(\.taps.count).max()! * columns.map(\.taps.count).max()! }

  /// The scratch memory that any part of it needs: of one plane, it may be more than of several.
  func scratchByteCount(_ kernels: any ConvolutionKernels.Type) -> Int {
    let planes = planes.map(\.taps.count).max()!
    return max(
      kernels.convolutionScratch(taps: maximumPlaneTaps, channels: groupChannels),
      kernels.convolutionScratch(taps: planes * maximumPlaneTaps, channels: groupChannels))
  }

  /// The weights of one group for the phases of a plane, a row and a column, tap by tap [taps][channels][outputs].
  func weights(
    _ plane: TransposedPhase, _ row: TransposedPhase, _ column: TransposedPhase, group: Int
  ) -> [Float] {
    var numbers: [Float] = []
    weight.withUnsafeBytes { bytes in
      let source = bytes.assumingMemoryBound(to: Float.self)
      for z in plane.taps {
        for y in row.taps {
          for x in column.taps {
            for channel in (group * groupChannels)..<((group + 1) * groupChannels) {
              for output in 0..<groupOutputs {
                numbers.append(source[(((channel * groupOutputs + output) * depth + z) * height + y) * width + x])
              }
            }
          }
        }
      }
    }
    return numbers
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
  fileprivate mutating func packedWeights(_ problem: TransposedProblem) throws(InfoldError) -> TransposedWeights {
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
    ) { [kernels, offsets, counts] target in
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
