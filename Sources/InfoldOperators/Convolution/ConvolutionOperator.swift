import InfoldGraph
import InfoldSystem
import InfoldTensor

/// What Conv and ConvTranspose have in common: X [N, C, D1, …], a weight with a window in its dimensions from the third on,
/// an optional bias with an element for each filter; Y [N, filters, O1, …].
protocol ConvolutionOperator: StandardFloatingPointOperator {
  /// How the window moves.
  associatedtype Window: OutputDimensions

  /// How the window moves, for a weight with these spatial sizes.
  /// - Throws: `InfoldError` with `.invalidModel` when the attributes contradict the weight.
  func window(kernel: [Int]) throws(InfoldError) -> Window

  /// The number of filters, once the shapes are found to fit. `x` and `weight` have the same rank.
  /// - Throws: `InfoldError` with `.invalidModel` when they do not fit.
  func filters(_ x: Shape, _ weight: Shape, bias: Shape?) throws(InfoldError) -> Dimension
}

/// A shape rule for spatial dimensions.
protocol OutputDimensions {
  /// The output's size along spatial dimension `axis`.
  func outputDimension(_ axis: Int, input: Dimension) throws(InfoldError) -> Dimension
}

extension SlidingWindow: OutputDimensions {}
extension TransposedWindow: OutputDimensions {}

extension ConvolutionOperator {
  public static var family: OperatorFamily { .product }

  public static func arity(since version: Int) -> Arity { Arity(inputs: 2...3) }

  public func inferOutputs(_ inputs: OperatorInputs) throws(InfoldError) -> [TensorType] {
    let x = try inputs.type(0, of: .floatingPoint)
    try inputs.requireSameElementType(0...2)
    try inputs.requireRank(3...5, of: 0)
    try inputs.requireRank(3...5, of: 1)
    try inputs.requireRank(1...1, of: 2)
    let shape = try outputShape(x.shape, try inputs.type(1).shape, bias: inputs.has(2) ? inputs.types[2]?.shape : nil)
    return [TensorType(x.elementType, shape)]
  }

  public func axisMapping(_ inputs: OperatorInputs, outputs: [TensorType?]) -> AxisMapping { .axes(inputs) { $0 == 0 } }

  /// The shape of the output, as far as it is known.
  /// - Throws: `InfoldError` with `.invalidModel` when the shapes do not fit.
  func outputShape(_ x: Shape?, _ weight: Shape?, bias: Shape?) throws(InfoldError) -> Shape? {
    guard let rank = x?.rank ?? weight?.rank else { return nil }
    let shape = x ?? Shape(unknownOfRank: rank)
    var output = Shape(unknownOfRank: rank)
    output[0] = shape[0]
    if let weight {
      guard rank == weight.rank else {
        throw InfoldError(
          .invalidModel, "the input \(shape) and the weight \(weight) have different numbers of dimensions")
      }
      output[1] = try filters(shape, weight, bias: bias)
      let kernel = weight[2...].compactMap(\.size)
      if kernel.count == rank - 2 {
        let window = try window(kernel: kernel)
        for axis in kernel.indices { output[axis + 2] = try window.outputDimension(axis, input: shape[axis + 2]) }
      }
    }
    return output
  }
}

extension SlidingWindow {
  /// The window of a weight with these spatial sizes.
  /// - Throws: `InfoldError` with `.invalidModel` when the attributes contradict them.
  init(_ attributes: Attributes, ofWeight kernel: [Int]) throws(InfoldError) {
    if let declared = attributes.kernel, declared != kernel {
      throw InfoldError(.invalidModel, "kernel_shape is \(declared), and the weight's spatial sizes are \(kernel)")
    }
    try self.init(attributes, kernel: kernel)
  }
}
