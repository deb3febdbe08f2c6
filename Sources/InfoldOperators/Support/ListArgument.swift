import InfoldGraph
import InfoldSystem
import InfoldTensor

/// A list of integers that early opsets give as an attribute, and later ones as an input.
enum ListArgument: Sendable, Hashable {
  case attribute([Int])
  case input(Int)
  case absent

  /// The attribute with this value, or none.
  init(_ attribute: [Int]?) {
    self = attribute.map { .attribute($0) } ?? .absent
  }

  /// The axes of Squeeze and Unsqueeze, which are an input since opset 13, and do not count from the end before opset 11.
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

  /// Whether the node gives it.
  func isGiven(in inputs: OperatorInputs) -> Bool {
    switch self {
    case .attribute: true
    case .input(let index): inputs.has(index)
    case .absent: false
    }
  }

  /// The values; `nil` when it is left out, or not known before the model runs.
  func values(in inputs: OperatorInputs) throws(InfoldError) -> [Int]? {
    switch self {
    case .attribute(let values): values
    case .input(let index): inputs.has(index) ? try inputs.integers(index) : nil
    case .absent: nil
    }
  }

  /// The values, as far as they are known before the model runs; `nil` when it is left out, or not even their number is
  /// known.
  func dimensions(in inputs: OperatorInputs) throws(InfoldError) -> [Dimension]? {
    switch self {
    case .attribute(let values): values.map(Dimension.fixed)
    case .input(let index): inputs.has(index) ? try inputs.dimensions(index, of: .indices) : nil
    case .absent: nil
    }
  }

  /// The number of values; `nil` when it is left out, or not known before the model runs.
  func count(in inputs: OperatorInputs) throws(InfoldError) -> Int? {
    switch self {
    case .attribute(let values): values.count
    case .input(let index): inputs.has(index) ? try inputs.listLength(index) : nil
    case .absent: nil
    }
  }
}
