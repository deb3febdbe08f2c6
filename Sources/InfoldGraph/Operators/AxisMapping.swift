import InfoldTensor

/// How the axes of an operator's inputs map to those of its outputs, as far as the operator
/// declares it.
///
/// The runtime uses it to decide whether the images of a batch can be computed one by one, and
/// where the parts of a concatenation may be written. An incomplete mapping only costs speed; a
/// wrong one gives wrong results.
public struct AxisMapping: Sendable, Hashable {
  /// The axes along which positions are independent of each other.
  public var independentAxes: [IndependentAxis]
  /// The axis of the first output along which the operator concatenates its inputs unchanged; `nil`
  /// for other operators.
  public var joinedAxis: Int?

  /// Creates a mapping.
  public init(_ independentAxes: [IndependentAxis], joinedAxis: Int? = nil) {
    self.independentAxes = independentAxes
    self.joinedAxis = joinedAxis
  }

  /// The mapping of operators about which nothing is known.
  public static let unknown = AxisMapping([])
}

/// An axis along which positions are independent. Position i of every output that has the axis
/// depends only on position i of the inputs that have the axis, and on the whole of the other
/// inputs.
public struct IndependentAxis: Sendable, Hashable {
  /// The index of this axis in each input; `nil` for inputs that every position reads as a whole.
  /// Further inputs do not have the axis.
  public var inputs: [Int?]
  /// The index of this axis in each output; `nil` for outputs that depend on all positions.
  public var outputs: [Int?]
  /// The element of a list input that holds the size of this axis. It is 1 when a single position
  /// is computed.
  public var listedSize: ListedSize?

  /// An element of an input that is a list of sizes.
  public struct ListedSize: Sendable, Hashable {
    /// The index of the input.
    public var input: Int
    /// The index in the list.
    public var element: Int

    /// Creates a reference to an element of a list.
    public init(input: Int, element: Int) {
      self.input = input
      self.element = element
    }
  }

  /// Creates an axis with its indices in inputs and outputs.
  public init(inputs: [Int?], outputs: [Int?], listedSize: ListedSize? = nil) {
    self.inputs = inputs
    self.outputs = outputs
    self.listedSize = listedSize
  }

  /// Creates an axis that has the same index in the first input and the first output.
  public init(_ axis: Int) {
    self.init(inputs: [axis], outputs: [axis])
  }

  /// Returns the axis of input `index`, or `nil` if every position reads that input as a whole.
  public func axis(ofInput index: Int) -> Int? { index < inputs.count ? inputs[index] : nil }

  /// Returns the axis of output `index`, or `nil` if the output depends on all positions.
  public func axis(ofOutput index: Int) -> Int? { index < outputs.count ? outputs[index] : nil }
}

extension AxisMapping {
  /// Returns the mapping of operators that treat every axis of the first input independently and
  /// keep it in the first output.
  public static func everyAxis(_ inputs: OperatorInputs) -> AxisMapping { axes(inputs) { _ in true } }

  /// Returns the mapping of operators that keep the axes of the first input in their outputs and
  /// treat some of them independently.
  /// - Parameters:
  ///   - inputs: The inputs. The first one determines the axes.
  ///   - outputs: The number of outputs with these axes.
  ///   - isIndependent: Whether positions along an axis are independent.
  public static func axes(
    _ inputs: OperatorInputs, outputs: Int = 1, where isIndependent: (Int) -> Bool
  ) -> AxisMapping {
    guard let rank = inputs.types.first??.shape?.rank else { return .unknown }
    return AxisMapping(
      (0..<rank).filter(isIndependent).map {
        IndependentAxis(inputs: [$0], outputs: Array(repeating: $0, count: outputs))
      })
  }

  /// Returns the mapping of element-wise operators with NumPy broadcasting: every axis of the first
  /// output is independent.
  public static func broadcast(_ inputs: OperatorInputs, to output: TensorType?) -> AxisMapping {
    var sizes: [[Int]?] = []
    for type in inputs.types {
      guard type == nil || type?.shape?.sizes != nil else { return .unknown }
      sizes.append(type?.shape?.sizes)
    }
    return broadcast(sizes, to: output)
  }

  /// Returns the mapping of element-wise operators for operands of these sizes. Inputs that every
  /// position reads as a whole are `nil`.
  package static func broadcast(_ operands: [[Int]?], to output: TensorType?) -> AxisMapping {
    guard let result = output?.shape?.sizes else { return .unknown }
    return AxisMapping(
      result.indices.map { axis in
        let inputs = operands.map { sizes -> Int? in
          guard let sizes else { return nil }
          let own = axis - (result.count - sizes.count)
          // Every position reads an operand that is broadcast along the axis.
          return own >= 0 && sizes[own] == result[axis] ? own : nil
        }
        return IndependentAxis(inputs: inputs, outputs: [axis])
      })
  }
}
