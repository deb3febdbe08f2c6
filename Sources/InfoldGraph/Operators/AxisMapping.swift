import InfoldTensor

/// How the axes of an operator's inputs go over into those of its outputs, as far as the operator says it.
///
/// From it follows whether the images of a batch may be computed one by one, and where the parts of a concatenation may be written.
/// What is not said is not used; what is said and not true gives wrong numbers.
public struct AxisMapping: Sendable, Hashable {
  /// The axes along which positions do not meet.
  public var independentAxes: [IndependentAxis]
  /// The axis of the first output along which the inputs lie one behind the other, their elements as they are; `nil` for operators
  /// that do not join their inputs.
  public var joinedAxis: Int?

  /// A mapping.
  public init(_ independentAxes: [IndependentAxis], joinedAxis: Int? = nil) {
    self.independentAxes = independentAxes
    self.joinedAxis = joinedAxis
  }

  /// That of operators of which nothing is known.
  public static let unknown = AxisMapping([])
}

/// An axis along which positions do not meet: of position i alone of every input that has the axis, and of the other inputs whole, the
/// operator makes position i alone of every output that has it.
public struct IndependentAxis: Sendable, Hashable {
  /// For each input, which of its axes it is; `nil` for inputs that every position reads whole. Inputs behind the last one have none.
  public var inputs: [Int?]
  /// For each output, which of its axes it is; `nil` for outputs in which positions meet.
  public var outputs: [Int?]
  /// The number among the inputs' elements that is the axis's size, where an input lists sizes: for one position, it is 1.
  public var listedSize: ListedSize?

  /// An element of an input that is a list of sizes.
  public struct ListedSize: Sendable, Hashable {
    /// The input.
    public var input: Int
    /// The place in the list.
    public var element: Int

    /// An element of a list.
    public init(input: Int, element: Int) {
      self.input = input
      self.element = element
    }
  }

  /// An axis of inputs and outputs.
  public init(inputs: [Int?], outputs: [Int?], listedSize: ListedSize? = nil) {
    self.inputs = inputs
    self.outputs = outputs
    self.listedSize = listedSize
  }

  /// An axis of the first input that is the same axis of the first output.
  public init(_ axis: Int) {
    self.init(inputs: [axis], outputs: [axis])
  }

  /// The axis of input `index`; `nil` where every position reads that whole.
  public func axis(ofInput index: Int) -> Int? { index < inputs.count ? inputs[index] : nil }

  /// The axis of output `index`; `nil` where positions meet in it.
  public func axis(ofOutput index: Int) -> Int? { index < outputs.count ? outputs[index] : nil }
}

extension AxisMapping {
  /// Every axis of the first input, for operators whose first output has the same ones.
  public static func everyAxis(_ inputs: OperatorInputs) -> AxisMapping { axes(inputs) { _ in true } }

  /// Those axes of the first input that are the same axes of the first output, and along which positions do not meet.
  /// - Parameters:
  ///   - inputs: The inputs, by whose first one the axes are counted.
  ///   - outputs: The number of outputs for which that holds.
  ///   - isIndependent: Whether an axis is one of those.
  public static func axes(
    _ inputs: OperatorInputs, outputs: Int = 1, where isIndependent: (Int) -> Bool
  ) -> AxisMapping {
    guard let rank = inputs.types.first??.shape?.rank else { return .unknown }
    return AxisMapping(
      (0..<rank).filter(isIndependent).map {
        IndependentAxis(inputs: [$0], outputs: Array(repeating: $0, count: outputs))
      })
  }

  /// Every axis of the first output, for operators that compute each element from those in the same place of all inputs, which NumPy's
  /// rule brings together.
  public static func broadcast(_ inputs: OperatorInputs, to output: TensorType?) -> AxisMapping {
    var sizes: [[Int]?] = []
    for type in inputs.types {
      guard type == nil || type?.shape?.sizes != nil else { return .unknown }
      sizes.append(type?.shape?.sizes)
    }
    return broadcast(sizes, to: output)
  }

  /// The same for operands of these sizes; `nil` stands for inputs that every position reads whole.
  package static func broadcast(_ operands: [[Int]?], to output: TensorType?) -> AxisMapping {
    guard let result = output?.shape?.sizes else { return .unknown }
    return AxisMapping(
      result.indices.map { axis in
        let inputs = operands.map { sizes -> Int? in
          guard let sizes else { return nil }
          let own = axis - (result.count - sizes.count)
          // What is repeated, every position reads.
          return own >= 0 && sizes[own] == result[axis] ? own : nil
        }
        return IndependentAxis(inputs: inputs, outputs: [axis])
      })
  }
}
