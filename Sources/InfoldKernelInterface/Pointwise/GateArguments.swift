/// The gates of an LSTM cell at one position: c = σ(forget) · c + σ(input) · tanh(candidate), h =
/// σ(output) · tanh(c).
public struct MemoryGateArguments: @unchecked Sendable {
  /// A row for each sequence: input, output, forget and candidate. The kernel overwrites them.
  public var gates: UnsafeMutablePointer<Float>
  /// The distance between rows in floats.
  public var gateStride: Int
  /// The distance between gates in floats.
  public var gateDistance: Int
  /// The cell state, updated in place.
  public var cell: UnsafeMutablePointer<Float>
  public var cellStride: Int
  /// The destination of h.
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

/// The gates of a GRU cell at one position: (1 − z) · tanh(candidate) + z · h with z = σ(update).
public struct UpdateGateArguments: @unchecked Sendable {
  /// A row for each sequence: update, reset and candidate. The kernel overwrites them.
  public var gates: UnsafeMutablePointer<Float>
  /// The distance between rows in floats.
  public var gateStride: Int
  /// The distance between gates in floats, also within the products.
  public var gateDistance: Int
  /// The products of the state with the weights of all gates. They are added to the update and
  /// reset gates and, multiplied by σ(reset), to the candidate. `nil` if the gates already include
  /// them.
  public var products: UnsafePointer<Float>?
  public var productStride: Int
  /// The state h.
  public var hidden: UnsafePointer<Float>
  public var hiddenStride: Int
  /// The destination of the new state. It may alias h.
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
