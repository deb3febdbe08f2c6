import InfoldGraph
import InfoldSystem
import InfoldTensor

/// The common part of Conv and ConvTranspose: X [N, C, D1, …], a weight whose window dimensions
/// start at the third, an optional bias with one element per filter, and Y [N, filters, O1, …].
protocol ConvolutionOperator: StandardFloatingPointOperator {
  /// The type of the sliding window.
  associatedtype Window: OutputDimensions

  /// Returns the window for a weight with these spatial sizes.
  /// - Throws: `InfoldError.Code.invalidModel` if the attributes contradict the weight.
  func window(kernel: [Int]) throws(InfoldError) -> Window

  /// Checks the shapes and returns the number of filters. `x` and `weight` have the same rank.
  /// - Throws: `InfoldError.Code.invalidModel` if the shapes do not match.
  func filters(_ x: Shape, _ weight: Shape, bias: Shape?) throws(InfoldError) -> Dimension
}

/// A shape rule for spatial dimensions.
protocol OutputDimensions {
  /// Returns the size of the output along spatial dimension `axis`.
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

  /// Returns the shape of the output, as far as it is known.
  /// - Throws: `InfoldError.Code.invalidModel` if the shapes do not match.
  func outputShape(_ x: Shape?, _ weight: Shape?, bias: Shape?) throws(InfoldError) -> Shape? {
    guard let rank = x?.rank ?? weight?.rank else { return nil }
    let shape = x ?? Shape(unknownOfRank: rank)
    var output = Shape(unknownOfRank: rank)
    output[0] = shape[0]
    if let weight {
      guard rank == weight.rank else {
        throw InfoldError(
          .invalidModel, "shape mismatch: the input \(shape) and the weight \(weight) have different ranks")
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
  /// Creates the window of a weight with these spatial sizes.
  /// - Throws: `InfoldError.Code.invalidModel` if the attributes contradict the sizes.
  init(_ attributes: Attributes, ofWeight kernel: [Int]) throws(InfoldError) {
    if let declared = attributes.kernel, declared != kernel {
      throw InfoldError(
        .invalidModel, "shape mismatch: kernel_shape is \(declared), but the weight's spatial sizes are \(kernel)")
    }
    try self.init(attributes, kernel: kernel)
  }
}
