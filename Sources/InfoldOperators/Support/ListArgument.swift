import InfoldGraph
import InfoldSystem
import InfoldTensor

/// A list of integers that is an attribute in early opsets and an input in later ones.
enum ListArgument: Sendable, Hashable {
  case attribute([Int])
  case input(Int)
  case absent

  /// Creates an argument from the value of an attribute, or an absent one.
  init(_ attribute: [Int]?) {
    self = attribute.map { .attribute($0) } ?? .absent
  }

  /// Reads the axes of Squeeze and Unsqueeze. They are an input since opset 13, and must not be
  /// negative before opset 11.
  init(axes attributes: inout AttributeReader, isRequired: Bool = false) throws(InfoldError) {
    guard attributes.version < 13 else {
      self = .input(1)
      return
    }
    let axes = isRequired ? try attributes.requiredInts("axes") : try attributes.ints("axes")
    if attributes.version < 11 {
      for axis in axes ?? [] { try requireNonNegative(axis) }
    }
    self.init(axes)
  }

  /// Returns whether the node has the argument.
  func isGiven(in inputs: OperatorInputs) -> Bool {
    switch self {
    case .attribute: true
    case .input(let index): inputs.has(index)
    case .absent: false
    }
  }

  /// Returns the values, or `nil` if the argument is omitted or not known before the model runs.
  func values(in inputs: OperatorInputs) throws(InfoldError) -> [Int]? {
    switch self {
    case .attribute(let values): values
    case .input(let index): inputs.has(index) ? try inputs.integers(index) : nil
    case .absent: nil
    }
  }

  /// Returns the values, as far as they are known before the model runs. Returns `nil` if the
  /// argument is omitted or not even its length is known.
  func dimensions(in inputs: OperatorInputs) throws(InfoldError) -> [Dimension]? {
    switch self {
    case .attribute(let values): values.map(Dimension.fixed)
    case .input(let index): inputs.has(index) ? try inputs.dimensions(index, of: .indices) : nil
    case .absent: nil
    }
  }

  /// Returns the number of values, or `nil` if the argument is omitted or its length is not known
  /// before the model runs.
  func count(in inputs: OperatorInputs) throws(InfoldError) -> Int? {
    switch self {
    case .attribute(let values): values.count
    case .input(let index): inputs.has(index) ? try inputs.listLength(index) : nil
    case .absent: nil
    }
  }
}
