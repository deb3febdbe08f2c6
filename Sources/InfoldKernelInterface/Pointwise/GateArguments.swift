/// What becomes of LSTM's gates at a position: c = σ(forget) · c + σ(input) · tanh(candidate), h = σ(output) · tanh(c).
public struct MemoryGateArguments: @unchecked Sendable {
  /// A row for each sequence: input, output, forget and candidate. What stands there is lost.
  public var gates: UnsafeMutablePointer<Float>
  /// Floats from one row to the next.
  public var gateStride: Int
  /// Floats from one gate to the next.
  public var gateDistance: Int
  /// The cell before, and behind.
  public var cell: UnsafeMutablePointer<Float>
  public var cellStride: Int
  /// h.
  public var result: UnsafeMutablePointer<Float>
  public var resultStride: Int
  /// The numbers of a gate.
  public var size: Int

  public init(
    gates: UnsafeMutablePointer<Float>, gateStride: Int, gateDistance: Int, cell: UnsafeMutablePointer<Float>,
    cellStride: Int, result: UnsafeMutablePointer<Float>, resultStride: Int, size: Int
  ) {
    self.gates = gates
    self.gateStride = gateStride
    self.gateDistance = gateDistance
    self.cell = cell
    self.cellStride = cellStride
    self.result = result
    self.resultStride = resultStride
    self.size = size
  }
}

/// What becomes of GRU's gates at a position: (1 − z) · tanh(candidate) + z · h with z = σ(update).
public struct UpdateGateArguments: @unchecked Sendable {
  /// A row for each sequence: update, reset and candidate. What stands there is lost.
  public var gates: UnsafeMutablePointer<Float>
  /// Floats from one row to the next.
  public var gateStride: Int
  /// Floats from one gate to the next, in the products as well.
  public var gateDistance: Int
  /// Products of the state with the weights of all gates, which are added to update and reset, and times σ(reset) to the candidate; `nil`
  /// where the gates have them already.
  public var products: UnsafePointer<Float>?
  public var productStride: Int
  /// h.
  public var hidden: UnsafePointer<Float>
  public var hiddenStride: Int
  /// May be h.
  public var result: UnsafeMutablePointer<Float>
  public var resultStride: Int
  /// The numbers of a gate.
  public var size: Int

  public init(
    gates: UnsafeMutablePointer<Float>, gateStride: Int, gateDistance: Int, products: UnsafePointer<Float>?,
    productStride: Int, hidden: UnsafePointer<Float>, hiddenStride: Int, result: UnsafeMutablePointer<Float>,
    resultStride: Int, size: Int
  ) {
    self.gates = gates
    self.gateStride = gateStride
    self.gateDistance = gateDistance
    self.products = products
    self.productStride = productStride
    self.hidden = hidden
    self.hiddenStride = hiddenStride
    self.result = result
    self.resultStride = resultStride
    self.size = size
  }
}
