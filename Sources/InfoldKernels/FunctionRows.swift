/// Rows of numbers that a function is applied to, and the destination, which may alias them.
struct FunctionRows {
  let input: UnsafePointer<Float>
  let inputStride: Int
  let output: UnsafeMutablePointer<Float>
  let outputStride: Int
  let rows: Int
  let columns: Int

  @inline(always)
  init(
    _ input: UnsafePointer<Float>, stride inputStride: Int, to output: UnsafeMutablePointer<Float>,
    stride outputStride: Int, rows: Int, columns: Int
  ) {
    self.input = input
    self.inputStride = inputStride
    self.output = output
    self.outputStride = outputStride
    self.rows = rows
    self.columns = columns
  }

  /// Creates rows whose results replace their inputs.
  @inline(always)
  init(inPlace numbers: UnsafeMutablePointer<Float>, stride: Int = 0, rows: Int = 1, columns: Int) {
    self.init(numbers, stride: stride, to: numbers, stride: stride, rows: rows, columns: columns)
  }

  @inline(always)
  func map(_ function: (Vector) -> Vector) {
    for row in 0..<rows {
      let (x, y) = (input + row &* inputStride, output + row &* outputStride)
      forEachVector(of: columns) { index, count in
        function(Vector(at: x + index, count: count)).store(at: y + index, count: count)
      }
    }
  }

  /// Adds other rows to the results.
  @inline(never)
  func add(_ summand: UnsafePointer<Float>, stride: Int) {
    for row in 0..<rows {
      let (x, y) = (summand + row &* stride, output + row &* outputStride)
      forEachVector(of: columns) { index, count in
        (Vector(at: y + index, count: count) + Vector(at: x + index, count: count)).store(at: y + index, count: count)
      }
    }
  }
}

// Each function is a separate loop that all callers share. Its operation on a vector is a named
// function that can be marked for inlining, unlike a closure.
extension FunctionRows {
  @inline(never) func exponentials() { map(exponential) }
  @inline(never) func sigmoids() { map(sigmoid) }
  @inline(never) func sigmoidLinearUnits() { map(sigmoidLinearUnit) }
  @inline(never) func tangents() { map(hyperbolicTangent) }
  @inline(never) func gaussianErrorLinearUnits() { map(gaussianErrorLinearUnit) }
  @inline(never) func gaussianErrorLinearUnitsByTangent() { map(gaussianErrorLinearUnitByTangent) }
  @inline(never) func softplusses() { map(softplus) }
  @inline(never) func mishes() { map(mish) }

  @inline(never)
  func clips(_ low: Float, _ high: Float) {
    @inline(always)
    func function(_ x: Vector) -> Vector { clip(x, low, high) }
    map(function)
  }

  @inline(never)
  func leakyRelus(_ slope: Float) {
    let slope = Vector(repeating: slope)
    @inline(always)
    func function(_ x: Vector) -> Vector { leakyRelu(x, slope) }
    map(function)
  }

  @inline(never)
  func hardSigmoids(_ alpha: Float, _ beta: Float) {
    @inline(always)
    func function(_ x: Vector) -> Vector { hardSigmoid(x, alpha, beta) }
    map(function)
  }

  @inline(never)
  func hardSwishes(_ alpha: Float, _ beta: Float) {
    @inline(always)
    func function(_ x: Vector) -> Vector { x * hardSigmoid(x, alpha, beta) }
    map(function)
  }

  @inline(never)
  func exponentialLinearUnits(_ alpha: Float) {
    let alpha = Vector(repeating: alpha)
    @inline(always)
    func function(_ x: Vector) -> Vector { exponentialLinearUnit(x, alpha) }
    map(function)
  }
}
