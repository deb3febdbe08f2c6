public import InfoldKernelInterface

extension ByteSet {
  @inline(never)
  public static func multiply(_ arguments: ByteProductArguments) {
    let quads = quads(arguments.inner)
    var panel = ByteRowsPanel(arguments, quads: quads)
    var weights = arguments.weights
    var column = 0
    while column < arguments.columnCount {
      panel.weights = BytePanelWeights(at: weights, taps: 1, quads: quads)
      panel.column = column
      panel.columns = min(arguments.columnCount - column, panelWidth)
      multiplyRows(panel)
      weights += panelStride(taps: 1, quads: quads)
      column += panelWidth
    }
  }

  /// Multiplies all rows by a panel, tile by tile.
  @inline(never)
  private static func multiplyRows(_ first: ByteRowsPanel) {
    var panel = first
    let vectors = (panel.columns + laneCount - 1) / laneCount
    var rest = first.arguments.rowCount
    while rest > 0 {
      multiplyTile(rows: min(rest, tileRows), vectors: vectors, panel)
      panel.row += tileRows
      rest -= tileRows
    }
  }

  @inline(__always)
  private static func multiplyTile(rows: Int, vectors: Int, _ panel: ByteRowsPanel) {
    @inline(__always)
    func multiply<let vectors: Int>(_: ByteRowsTile<1, vectors>.Type) {
      switch rows {
      #if INFOLD_VNNI
        case 6...: ByteRowsTile<6, vectors>.multiply(panel)
      #endif
      #if INFOLD_VNNI || INFOLD_DOTPROD
        case 5: ByteRowsTile<5, vectors>.multiply(panel)
      #endif
      case 4...: ByteRowsTile<4, vectors>.multiply(panel)
      case 3: ByteRowsTile<3, vectors>.multiply(panel)
      case 2: ByteRowsTile<2, vectors>.multiply(panel)
      default: ByteRowsTile<1, vectors>.multiply(panel)
      }
    }
    switch vectors {
    #if INFOLD_VNNI || INFOLD_DOTPROD
      case 4: multiply(ByteRowsTile<1, 4>.self)
      case 3: multiply(ByteRowsTile<1, 3>.self)
    #endif
    case 2: multiply(ByteRowsTile<1, 2>.self)
    default: multiply(ByteRowsTile<1, 1>.self)
    }
  }

  @inline(never)
  public static func bounds(of numbers: UnsafePointer<Float>, count: Int) -> (least: Float, greatest: Float) {
    var least = Vector.zero, greatest = Vector.zero
    forEachVector(of: count) { index, count in
      let x = Vector(at: numbers + index, count: count)
      least.replace(with: x, where: x .< least)
      greatest.replace(with: x, where: x .> greatest)
    }
    var bounds: (least: Float, greatest: Float) = (0, 0)
    for lane in 0..<Vector.scalarCount {
      if least[lane] < bounds.least { bounds.least = least[lane] }
      if greatest[lane] > bounds.greatest { bounds.greatest = greatest[lane] }
    }
    return bounds
  }
}

/// A panel, and the rows from `row` on that it is multiplied by.
private struct ByteRowsPanel {
  let arguments: ByteProductArguments
  var weights: BytePanelWeights
  var column = 0
  var columns = 0
  var row = 0

  @inline(__always)
  init(_ arguments: ByteProductArguments, quads: Int) {
    self.arguments = arguments
    weights = BytePanelWeights(at: arguments.weights, taps: 1, quads: quads)
  }
}

/// The product of `rows` rows with `vectors` vectors of columns. The sums stay in registers.
private enum ByteRowsTile<let rows: Int, let vectors: Int> {
  @inline(never)
  static func multiply(_ panel: ByteRowsPanel) {
    #if INFOLD_NEON
      var sums = InlineArray<vectors, InlineArray<rows, Lanes>> { vector in
        let first = panel.weights.firstSums(vector, ByteSet.lanes(repeating: 0))
        return InlineArray { _ in first }
      }
    #else
      var sums = InlineArray<vectors, InlineArray<rows, Lanes>> { _ in
        InlineArray { _ in ByteSet.lanes(repeating: 0) }
      }
    #endif
    let stride = panel.arguments.inputStride
    let input = panel.arguments.input + panel.row * stride
    let starts = InlineArray<rows, UnsafePointer<UInt8>> { input + $0 &* stride }
    var place = panel.weights.base
    var index = 0
    @inline(always)
    func addQuad(isNarrow: Bool) {
      let weights = InlineArray<vectors, Lanes> { ByteSet.lanes(at: place + $0 &* ByteSet.laneBytes) }
      @inline(always)
      func add(_ row: Int) {
        guard row < rows else { return }
        let factors = ByteSet.factors(at: starts[row] + index)
        for vector in 0..<vectors {
          let sum = sums[vector][row]
          sums[vector][row] =
            isNarrow
            ? ByteSet.addNarrowProducts(to: sum, factors, weights[vector])
            : ByteSet.addFactors(to: sum, factors, weights[vector])
        }
      }
      // Unrolled by hand, as in ByteTile.
      add(0)
      add(1)
      add(2)
      add(3)
      add(4)
      add(5)
      place += ByteSet.panelWidth &* ByteSet.quad
      index &+= ByteSet.quad
    }
    var quad = 0
    #if INFOLD_DOTPROD
      ByteSet.addFours(to: &sums, starts, &index, &place, &quad, of: panel.weights.quads)
    #endif
    while quad < panel.weights.quads {
      let count = min(panel.weights.quads &- quad, BytePanelWeights.stretch)
      if panel.weights.isNarrow(tap: 0, quad: quad) {
        for _ in 0..<count { addQuad(isNarrow: true) }
      } else {
        for _ in 0..<count { addQuad(isNarrow: false) }
      }
      quad &+= count
    }
    finish(sums[0], 0, panel)
    if vectors > 1 { finish(sums[1], 1, panel) }
    if vectors > 2 { finish(sums[2], 2, panel) }
    if vectors > 3 { finish(sums[3], 3, panel) }
  }

  @inline(always)
  private static func finish(_ sums: InlineArray<rows, Lanes>, _ vector: Int, _ panel: ByteRowsPanel) {
    let arguments = panel.arguments
    let offset = vector &* ByteSet.laneCount
    let column = panel.column &+ offset, count = panel.columns &- offset
    let scales = Vector(at: arguments.columns.scales + column)
    let columnSums = ByteSet.lanes(at: arguments.columns.sums + column)
    for row in 0..<rows {
      let place = panel.row &+ row
      let own = arguments.rows[place]
      var sum = ByteSet.sum(
        sums[row], ByteSet.product(columnSums, ByteSet.lanes(repeating: 0 &- own.zeroPoint)))
      if let points = arguments.columns.zeroPoints {
        sum = ByteSet.sum(
          sum, ByteSet.product(ByteSet.lanes(at: points + column), ByteSet.lanes(repeating: 0 &- own.sum)))
      }
      var y = ByteSet.floats(sum) * (Vector(repeating: own.scale) * scales)
      let output = arguments.output + (place &* arguments.outputStride &+ column)
      if let bias = arguments.bias { y += Vector(at: bias + column, count: min(count, ByteSet.laneCount)) }
      if arguments.adds { y += Vector(at: output, count: min(count, ByteSet.laneCount)) }
      y.store(at: output, count: min(count, ByteSet.laneCount))
    }
  }
}
