import InfoldGraph
import InfoldOperators
import InfoldTensor
import TestSupport

/// An operator with random inputs, most of which have a first axis of the given length.
struct AxisUse {
  let name: String
  let opset: Int
  let attributes: AttributeList
  let inputs: [Tensor?]
  let outputs: Int
  /// Whether the operator declares no axis, because it combines positions along all of them.
  let isMixing: Bool

  /// All uses with a first axis of length `batch`.
  static func all(batch: Int) throws -> [AxisUse] {
    var uses = AxisUses(batch: batch)
    try uses.addElementWise()
    try uses.addProducts()
    try uses.addWindows()
    try uses.addNormalizations()
    try uses.addReductions()
    try uses.addMovements()
    try uses.addShapes()
    try uses.addResizing()
    try uses.addQuantization()
    try uses.addRecurrent()
    try uses.addSignals()
    return uses.all
  }
}

/// Collects uses.
struct AxisUses {
  private(set) var all: [AxisUse] = []
  let batch: Int
  private var random = SplitMix64(seed: 11)

  init(batch: Int) { self.batch = batch }

  mutating func add(
    _ name: String, _ opset: Int = 13, _ attributes: AttributeList = [:], _ inputs: [Tensor?], outputs: Int = 1,
    isMixing: Bool = false
  ) {
    all.append(
      AxisUse(
        name: name, opset: opset, attributes: attributes, inputs: inputs, outputs: outputs, isMixing: isMixing))
  }

  /// Random numbers between −1 and 1.
  mutating func floats(_ shape: Int...) throws -> Tensor { try random.tensor(shape) }

  mutating func floats(_ shape: [Int], in range: ClosedRange<Float>) throws -> Tensor {
    try random.tensor(shape, in: range)
  }

  /// Random integers from −5 to 5; from 0 to 5 for unsigned types.
  mutating func integers(_ shape: Int..., of type: ElementType = .int64) throws -> Tensor {
    let isUnsigned = [.uint8, .uint16, .bool].contains(type)
    return try random.tensor(shape, in: isUnsigned ? 0...5 : -5...5).cast(to: .int64).cast(to: type)
  }

  func list(_ elements: Int...) throws -> Tensor { try Tensor(shape: [elements.count], elements.map { Int64($0) }) }
}

extension Attribute {
  static func list(_ elements: Int...) -> Attribute { .ints(elements.map { Int64($0) }) }
}
