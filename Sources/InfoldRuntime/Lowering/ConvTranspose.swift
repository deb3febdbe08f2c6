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
    let step = RangeStep(
      units: output.images * output.height, cost: problem.multiplyAccumulates,
      scratchByteCount: kernels.convolutionScratch(taps: problem.maximumTaps, channels: problem.groupChannels)
    ) { rows, frame, worker in
      for row in rows {
        let (image, y) = row.quotientAndRemainder(dividingBy: output.height)
        let rowPhase = problem.rows[y % problem.rows.count]
        for (index, phase) in problem.columns.enumerated() {
          let pair = (y % problem.rows.count) * problem.columns.count + index
          for group in 0..<problem.groups {
            let firstInput = image * input.pixels * source.pixelStride + group * problem.groupChannels
            let firstOutput = (row * output.width + phase.first) * target.pixelStride + group * problem.groupOutputs
            kernels.convolve(
              ConvolutionArguments(
                window: ImageWindow(
                  height: rowPhase.taps.count, width: phase.taps.count, dilationY: rowPhase.dilation,
                  dilationX: phase.dilation, padTop: rowPhase.pad - y / problem.rows.count, padLeft: phase.pad),
                input: InputImages(
                  base: frame.pointer(source) + firstInput, count: 1, height: input.height, width: input.width,
                  channels: problem.groupChannels, pixelStride: source.pixelStride),
                weights: frame.pointer(weights.place) + weights.offsets[pair] + group * weights.counts[pair],
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

/// A transposed convolution over images whose sizes and weights are known.
struct TransposedProblem: Sendable {
  var input: ImageShape
  var output: ImageShape
  var groups: Int
  var rows: [TransposedPhase]
  var columns: [TransposedPhase]
  /// The distance between the columns of one phase.
  var columnStride: Int
  /// Whether the window moves by its own size, so that every output element comes from one position of the input.
  var isTiling: Bool
  /// The sizes of the window.
  var height: Int
  var width: Int
  /// [C, M / groups, kH, kW], or without kH.
  var weight: Tensor
  /// [M].
  var bias: Tensor?

  init?(_ operation: ConvTranspose, _ node: Node, _ plan: PlanBuilder) {
    guard let images = WindowedImages(node, plan.sizes), let parameters = ConvolutionParameters(node, plan),
      let window = try? operation.window(kernel: parameters.kernel),
      let extents = try? window.extents(images.inputSizes), extents.map(\.output) == images.outputSizes
    else { return nil }
    let geometry = ImageWindow(window.window, extents)
    (input, output) = (images.input, images.output)
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
      groups == 1 && geometry.padTop == 0 && geometry.padLeft == 0 && window.window.kernel == window.window.strides
      && window.window.dilations.allSatisfy { $0 == 1 } && output.height == input.height * height
      && output.width == input.width * width
  }

  var groupChannels: Int { input.channels / groups }
  var groupOutputs: Int { output.channels / groups }
  var multiplyAccumulates: Int { saturatedProduct(input.count, groupOutputs, height, width) }
  var maximumTaps: Int { rows.map(\.taps.count).max()! * columns.map(\.taps.count).max()! }

  /// The weights of one group for the phases of a row and a column, tap by tap [taps][channels][outputs].
  func weights(_ row: TransposedPhase, _ column: TransposedPhase, group: Int) -> [Float] {
    var numbers: [Float] = []
    weight.withUnsafeBytes { bytes in
      let source = bytes.assumingMemoryBound(to: Float.self)
      for y in row.taps {
        for x in column.taps {
          for channel in (group * groupChannels)..<((group + 1) * groupChannels) {
            for output in 0..<groupOutputs {
              numbers.append(source[((channel * groupOutputs + output) * height + y) * width + x])
            }
          }
        }
      }
    }
    return numbers
  }
}

/// Packed weights, for each pair of phases of a row and a column: group behind group.
private struct TransposedWeights: Sendable {
  var place: Location
  /// Where those of each pair begin.
  var offsets: [Int]
  /// The numbers of one group of each pair.
  var counts: [Int]
}

extension PlanBuilder {
  fileprivate mutating func packedWeights(_ problem: TransposedProblem) throws(InfoldError) -> TransposedWeights {
    var offsets: [Int] = [], counts: [Int] = []
    var total = 0
    let pairs = problem.rows.flatMap { row in problem.columns.map { (row: row, column: $0) } }
    for (row, column) in pairs {
      let rows = row.taps.count * column.taps.count * problem.groupChannels
      offsets.append(total)
      counts.append(kernels.packedCount(rows: rows, columns: problem.groupOutputs))
      total += problem.groups * counts.last!
    }
    let phases = "\(problem.rows.map(\.taps)) by \(problem.columns.map(\.taps))"
    let constant = try packed.constant(
      of: [problem.weight],
      form: "transposed convolution of \(problem.groups) groups, phases \(phases), \(kernels.name)",
      byteCount: total * MemoryLayout<Float>.stride
    ) { [kernels, offsets, counts] target in
      for (index, pair) in pairs.enumerated() {
        let taps = pair.row.taps.count * pair.column.taps.count
        for group in 0..<(taps == 0 ? 0 : problem.groups) {
          problem.weights(pair.row, pair.column, group: group).withUnsafeBufferPointer { source in
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
