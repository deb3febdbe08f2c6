import InfoldGraph
import InfoldKernelInterface
import InfoldOperators
import InfoldSystem
import InfoldTensor

extension DFT: LoweredOperator {
  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    let known = plan.graph.operatorInputs(of: fused.node)
    guard let x = fused.node.inputs[0], let y = fused.output, let sizes = plan.sizes(x), let result = plan.sizes(y),
      let geometry = try geometry(known)
    else { return false }
    let takesHalf = isInverse && isOneSided
    // The most elements of a one-sided spectrum that are read.
    let most = takesHalf ? geometry.length / 2 + 1 : geometry.length
    func numbers(_ sizes: [Int], count: Int) -> FourierArguments.Numbers {
      let row = sizes[geometry.axis...].reduce(1, *), parts = sizes.last!
      let stride = sizes[(geometry.axis + 1)...].reduce(1, *)
      return FourierArguments.Numbers(parts: parts, count: count, stride: stride, innerStride: parts, outerStride: row)
    }
    let inner = sizes[(geometry.axis + 1)..<(sizes.count - 1)].reduce(1, *)
    return try plan.emitTransforms(
      FourierSteps(
        source: numbers(sizes, count: min(sizes[geometry.axis], most)),
        target: numbers(result, count: result[geometry.axis]), inner: inner,
        signals: sizes[..<geometry.axis].reduce(inner, *), length: geometry.length, isInverse: isInverse,
        isMirrored: takesHalf),
      of: x, window: nil, to: y)
  }
}

extension STFT: LoweredOperator {
  func lower(_ fused: FusedNode, into plan: inout PlanBuilder) throws(InfoldError) -> Bool {
    let known = plan.graph.operatorInputs(of: fused.node)
    guard let signal = fused.node.inputs[0], let y = fused.output, let sizes = plan.sizes(signal),
      let result = plan.sizes(y), let geometry = try geometry(known)
    else { return false }
    let window = fused.node.inputs.count > 2 ? fused.node.inputs[2] : nil
    if let window, plan.sizes(window) == nil { return false }
    let parts = sizes.count == 3 ? sizes[2] : 1
    return try plan.emitTransforms(
      FourierSteps(
        source: FourierArguments.Numbers(
          parts: parts, count: geometry.length, stride: parts, innerStride: geometry.step * parts,
          outerStride: sizes[1] * parts),
        target: FourierArguments.Numbers(
          parts: 2, count: result[2], stride: 2, innerStride: 2 * result[2], outerStride: 2 * result[2] * result[1]),
        inner: result[1], signals: result[0] * result[1], length: geometry.length, isInverse: false, isMirrored: false),
      of: signal, window: window, to: y)
  }
}

/// Transforms of signals at equal distances.
private struct FourierSteps: Sendable {
  let source: FourierArguments.Numbers
  let target: FourierArguments.Numbers
  /// The number of signals in a row.
  let inner: Int
  /// The total number of signals.
  let signals: Int
  let length: Int
  let isInverse: Bool
  let isMirrored: Bool
}

extension PlanBuilder {
  /// - Returns: Whether the transforms are short enough for the scratch memory of each thread.
  fileprivate mutating func emitTransforms(
    _ transforms: FourierSteps, of x: ValueID, window: ValueID?, to y: ValueID
  ) throws(InfoldError) -> Bool {
    let takesPairs = transforms.source.parts == 1 && !transforms.isMirrored && transforms.length.isMultiple(of: 2)
    let tables = try FourierTables(length: transforms.length, takesPairs: takesPairs)
    guard let tables else { return false }
    let source = try location(of: x, .rowMajor)
    var weights: Location?
    if let window { weights = try location(of: window, .rowMajor) }
    let roots = location(of: .constant(tables.roots))
    let target = define(y, .rowMajor)
    let kernels = kernels, lanes = FourierArguments.lanes, factors = weights
    let step = RangeStep(
      units: (transforms.signals + lanes - 1) / lanes, cost: 8 * transforms.signals * transforms.length,
      scratchByteCount: FourierArguments.scratch(length: tables.transformLength)
    ) { blocks, state, worker in
      let table = UnsafeRawPointer(state.pointer(roots)).assumingMemoryBound(to: Double.self)
      kernels.fourierTransforms(
        FourierArguments(
          input: state.pointer(source), source: transforms.source,
          window: factors.map { UnsafePointer(state.pointer($0)) },
          output: state.pointer(target), target: transforms.target, inner: transforms.inner,
          length: transforms.length, isInverse: transforms.isInverse, isMirrored: transforms.isMirrored,
          transform: tables.transform(table), pairRoots: tables.pairRoots(table), scratch: state.scratch(of: worker)),
        signals: blocks.lowerBound * lanes..<min(blocks.upperBound * lanes, transforms.signals))
    }
    emit(step, "fast Fourier transform", reads: [source, weights, roots], writes: [target])
    return true
  }
}

/// The tables of factors for a transform, one after the other.
private struct FourierTables: Sendable {
  /// The length of the longest transform that kernels compute.
  private static let longest = 1 << 16

  /// All tables.
  let roots: Tensor
  /// The length of the transforms that are composed from factors.
  let transformLength: Int
  private let chirpLength: Int
  private let hasChirp: Bool
  private let takesPairs: Bool

  /// Returns `nil` for a transform that is too long.
  ///
  /// - Parameter takesPairs: Whether two real numbers are transformed as one complex number.
  init?(length: Int, takesPairs: Bool) throws(InfoldError) {
    let complexLength = takesPairs ? length / 2 : length
    guard length <= Self.longest else { return nil }
    self.takesPairs = takesPairs
    hasChirp = FourierArguments.Transform.largestFactor(of: complexLength) > FourierArguments.Transform.largestFactor
    chirpLength = complexLength
    let tables = FourierTransform.tables(length: complexLength, byConvolution: hasChirp)
    transformLength = tables.length
    var numbers = tables.numbers
    if takesPairs { numbers += (0...(length / 2)).map { ComplexNumber.root($0, of: length) } }
    roots = try Tensor(shape: [numbers.count, 2], numbers.flatMap { [$0.real, $0.imaginary] })
  }

  func transform(_ table: UnsafePointer<Double>) -> FourierArguments.Transform {
    let chirp = table + 2 * transformLength
    return FourierArguments.Transform(
      length: transformLength, roots: table, chirpLength: hasChirp ? chirpLength : 0, chirp: hasChirp ? chirp : nil,
      chirpSpectrum: hasChirp ? chirp + 2 * chirpLength : nil)
  }

  func pairRoots(_ table: UnsafePointer<Double>) -> UnsafePointer<Double>? {
    guard takesPairs else { return nil }
    return table + 2 * (hasChirp ? 2 * transformLength + chirpLength : transformLength)
  }
}
